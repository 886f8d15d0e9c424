package credential

import (
	"crypto/rand"
	_ "embed"
	"math/big"
	"slices"
	"strings"
)

// wordList is 2,213 short, plain English words, one a line: nothing rude, sad or
// easily misspelt. Four of them without a repeat are 44.4 bits.
//
//go:embed words.txt
var wordList string

const suggested = 4 // words

// Suggest makes a passphrase to offer: four different words from crypto/rand,
// 44 bits, joined by dashes, at least 19 characters. Behind a peppered argon2id and
// the limits on sign-in that is far beyond guessing, and it can be remembered.
func Suggest() string {
	all := strings.Fields(wordList)
	most := big.NewInt(int64(len(all)))
	words := make([]string, 0, suggested)
	for len(words) < suggested {
		n, err := rand.Int(rand.Reader, most)
		if err != nil {
			panic(err) // crypto/rand never fails, by its contract
		}
		if word := all[n.Int64()]; !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, "-")
}
