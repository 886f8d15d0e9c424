package letter

const hexDigits = "0123456789ABCDEF"

// appendQuoted appends text as quoted-printable (RFC 2045 section 6.7) with CRLF
// line ends, each line at most 76 characters.
//
// It differs from mime/quotedprintable in one thing, which is why it is here: no
// line begins with a dot, which SMTP would double, nor with "From ", which
// mailboxes mark. What is counted here is so what travels.
func appendQuoted(dst, text []byte) []byte {
	column := 0
	for i, c := range text {
		if c == '\n' {
			dst = append(dst, '\r', '\n')
			column = 0
			continue
		}
		width := 1
		if !literal(text, i) {
			width = 3
		}
		if column+width > 75 {
			dst = append(dst, '=', '\r', '\n')
			column = 0
		}
		if column == 0 && (c == '.' || c == 'F') {
			width = 3
		}
		if width == 1 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
		}
		column += width
	}
	return dst
}

// literal says that the byte may stand as itself: visible ASCII but "=", and a
// blank inside a line.
func literal(text []byte, i int) bool {
	c := text[i]
	if c == ' ' {
		return i+1 < len(text) && text[i+1] != '\n'
	}
	return c > ' ' && c <= '~' && c != '='
}
