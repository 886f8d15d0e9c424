package main

import (
	"bufio"
	"os"
	"strings"

	"keyback/internal/fault"
)

// line is a secret from the command line, or, for "-", the first line of standard
// input: what stands on a command line can be seen by others.
func line(given string) (string, error) {
	if given != "-" {
		return given, nil
	}
	text, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if text = strings.TrimRight(text, "\r\n"); text == "" {
		return "", fault.New(fault.Invalid, "nothing came on standard input").Because(err)
	}
	return text, nil
}
