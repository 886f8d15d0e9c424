package breach

import (
	"bufio"
	"io"
)

// search reads the lines of one prefix, 35 digits and a count each, and says
// whether the suffix is among them.
func search(r io.Reader, suffix string) (bool, error) {
	lines, found := bufio.NewScanner(r), false
	for lines.Scan() {
		if lines.Text() == "" {
			continue
		}
		hash, some, err := counted(lines.Text(), digestSize-prefixSize)
		if err != nil {
			return false, err
		}
		// Read on after a find: a range is short, and the time does not tell.
		found = found || (some && hash == suffix)
	}
	return found, lines.Err()
}
