package letter

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// writeText is the plain part: the sheet from top to bottom, a blank line between
// two things.
func (s *sheet) writeText(b *bytes.Buffer) {
	paragraph(b, s.Heading)
	paragraph(b, s.Lead)
	s.Button.writeText(b)
	if s.Code != "" {
		paragraph(b, s.CodeLead)
		paragraph(b, s.Code)
	}
	paragraph(b, s.Life)
	paragraph(b, s.Warning)
	for _, note := range s.Notes {
		paragraph(b, note)
	}
	for _, tip := range s.Tips {
		paragraph(b, "- "+tip)
	}
	for _, f := range s.Facts {
		f.writeText(b)
	}
	s.writeThread(b)
	paragraph(b, s.StopLead)
	s.Stop.writeText(b)
	b.WriteString("-- \n") // RFC 3676 section 4.3: what follows is a signature
	for _, line := range s.Footer {
		b.WriteString(line + "\n")
	}
	if s.Seal.Label != "" {
		b.WriteString(s.Seal.Label + " " + s.Seal.Values[0] + "\n")
	}
}

func paragraph(b *bytes.Buffer, text string) {
	if text != "" {
		b.WriteString(text)
		b.WriteString("\n\n")
	}
}

// writeText shows a link as its words and the bare address below, which mail
// programs make a link of.
func (w way) writeText(b *bytes.Buffer) {
	if w.URL != "" {
		paragraph(b, w.Words+":\n"+w.URL)
	}
}

func (f fact) writeText(b *bytes.Buffer) {
	if len(f.Values) == 1 {
		paragraph(b, f.Label+": "+f.Values[0])
		return
	}
	paragraph(b, f.Label+":\n  "+strings.Join(f.Values, "\n  "))
}

// writeThread draws the thread with its times in one column.
func (s *sheet) writeThread(b *bytes.Buffer) {
	if len(s.Thread) == 0 {
		return
	}
	width := 0
	for _, k := range s.Thread {
		width = max(width, utf8.RuneCountInString(k.When))
	}
	for _, k := range s.Thread {
		b.WriteString(k.State.Glyph() + "  " + k.When)
		b.WriteString(strings.Repeat(" ", width-utf8.RuneCountInString(k.When)+2))
		b.WriteString(k.Text + "\n")
	}
	b.WriteByte('\n')
}
