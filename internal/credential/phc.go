package credential

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// params are the costs of a hash and the pepper it was made with, "" for none.
type params struct {
	memory, passes uint32 // KiB; passes over it
	lanes          uint8
	key            string
}

// What a stored hash may ask for. More would let a row decide how much memory and
// time a sign-in takes.
const (
	ceilingMemory = 64 << 10 // KiB
	ceilingPasses = 16
	ceilingLanes  = 8
)

var (
	errMalformed   = errors.New("the stored hash is not argon2id in the PHC form")
	errTooCostly   = errors.New("the stored hash asks for more than 64 MiB, 16 passes or 8 lanes")
	errOtherPepper = errors.New("the stored hash was made with another key")
)

var b64 = base64.RawStdEncoding.Strict()

// phc is a stored hash: $argon2id$v=19$m=19456,t=2,p=1,keyid=…$salt$sum. The PHC
// form has keyid for just this, naming the pepper that was mixed in.
type phc struct {
	params
	salt, sum []byte
}

func (p phc) String() string {
	key := ""
	if p.key != "" {
		key = ",keyid=" + p.key
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d%s$%s$%s", argon2.Version, p.memory, p.passes, p.lanes, key,
		b64.EncodeToString(p.salt), b64.EncodeToString(p.sum))
}

func parsePHC(s string) (phc, error) {
	f := strings.Split(s, "$")
	if len(s) > 512 || len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errMalformed
	}
	var p phc
	var err error
	if p.params, err = parseParams(f[3]); err != nil {
		return phc{}, err
	}
	var errSalt, errSum error
	p.salt, errSalt = b64.DecodeString(f[4])
	p.sum, errSum = b64.DecodeString(f[5])
	if errSalt != nil || errSum != nil || len(p.salt) < 8 || len(p.sum) < 16 || len(p.sum) > 64 {
		return phc{}, errMalformed
	}
	if p.String() != s { // one hash has one text; base64 would pass over line breaks
		return phc{}, errMalformed
	}
	return p, nil
}

func parseParams(s string) (params, error) {
	var p params
	f := strings.Split(s, ",")
	if len(f) == 4 {
		key, ok := strings.CutPrefix(f[3], "keyid=")
		if !ok || key == "" {
			return p, errMalformed
		}
		p.key, f = key, f[:3]
	}
	if len(f) != 3 {
		return p, errMalformed
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(f[i], name)
		v, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || v == 0 {
			return p, errMalformed
		}
		n[i] = v
	}
	if n[0] > ceilingMemory || n[1] > ceilingPasses || n[2] > ceilingLanes {
		return p, errTooCostly
	}
	p.memory, p.passes, p.lanes = uint32(n[0]), uint32(n[1]), uint8(n[2])
	return p, nil
}
