package testkit

import (
	"errors"
	"os"
	"path/filepath"
)

// Root is the folder of the project: the nearest one above a test's own that has a
// go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errors.New("no go.mod above the test's folder: run the tests inside the project")
		}
		dir = above
	}
}
