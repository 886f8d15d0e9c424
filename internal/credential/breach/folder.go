package breach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"keyback/internal/fault"
)

// Folder looks passwords up in what the Pwned Passwords downloader left on disk:
// a folder with a file a prefix, "00000.txt" to "FFFFF.txt", each with lines
// SUFFIX:COUNT; or one file of lines HASH:COUNT, sorted by hash. A path that is
// neither is fault.Invalid. Files are opened for each look-up, so that a newer
// download may take their place while the server runs. Where a prefix's file is
// missing, the download is not whole and the answer is an error, not "no".
func Folder(path string) (Checker, error) {
	at, err := os.Stat(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("the breached passwords at %q cannot be read", path)).
			Because(err).Hint("give the folder or the file that the Pwned Passwords downloader wrote")
	}
	if at.IsDir() {
		return folder(path), nil
	}
	if _, err := sorted(path).Breached(context.Background(), ""); err != nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("%q is no sorted list of breached passwords", path)).
			Because(err).Hint("its lines are the SHA-1 in hexadecimal, a colon and a count, sorted by hash")
	}
	return sorted(path), nil
}

type folder string

func (dir folder) Breached(_ context.Context, password string) (bool, error) {
	d := digest(password)
	f, err := os.Open(filepath.Join(string(dir), d[:prefixSize]+".txt"))
	if err != nil {
		return false, fmt.Errorf("breached passwords: the download is not whole: %w", err)
	}
	defer f.Close()
	hit, err := search(f, d[prefixSize:])
	if err != nil {
		return false, fmt.Errorf("breached passwords: %s: %w", f.Name(), err)
	}
	return hit, nil
}

type sorted string

func (path sorted) Breached(_ context.Context, password string) (bool, error) {
	hit, err := path.find(digest(password))
	if err != nil {
		return false, fmt.Errorf("breached passwords: %s: %w", string(path), err)
	}
	return hit, nil
}

// find halves the file by offset: 36 reads for the 40 GB of the whole set. The
// line wanted, if there is one, starts at or after low and before high.
func (path sorted) find(digest string) (bool, error) {
	f, err := os.Open(string(path))
	if err != nil {
		return false, err
	}
	defer f.Close()
	at, err := f.Stat()
	if err != nil {
		return false, err
	}
	low, high := int64(0), at.Size()
	for low < high {
		middle := low + (high-low)/2
		start, line, err := lineFrom(f, middle, low)
		if err != nil {
			return false, err
		}
		if line == "" || start >= high { // none starts in the upper half
			high = middle
			continue
		}
		hash, some, err := counted(line, digestSize)
		switch {
		case err != nil:
			return false, err
		case hash == digest:
			return some, nil
		case hash < digest:
			low = start + int64(len(line))
		default:
			high = middle
		}
	}
	return false, nil
}

// longest is more than a line ever has: 40 digits, a colon, a count, CR and LF.
const longest = 80

// lineFrom gives the first whole line that starts at offset or later, where a line
// is known to start at first; "" at the end of the file.
func lineFrom(r io.ReaderAt, offset, first int64) (start int64, line string, err error) {
	start = offset
	if offset > first {
		start-- // so that a line starting just at offset is found by the break before it
	}
	buf := make([]byte, 2*longest)
	n, err := r.ReadAt(buf, start)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, "", err
	}
	whole := n < len(buf) // the file's last bytes
	text := string(buf[:n])
	if offset > first {
		i := indexBreak(text)
		if i < 0 {
			if whole {
				return 0, "", nil
			}
			return 0, "", errLine
		}
		start, text = start+int64(i)+1, text[i+1:]
	}
	if i := indexBreak(text); i >= 0 {
		return start, text[:i+1], nil
	}
	if !whole {
		return 0, "", errLine
	}
	return start, text, nil
}

func indexBreak(s string) int {
	for i := range len(s) {
		if s[i] == '\n' {
			return i
		}
	}
	return -1
}
