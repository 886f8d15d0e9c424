package record

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"keyback/internal/record/tree"
)

// threadKey is the secret of one thread; everything about it is derived from it.
type threadKey [32]byte

func (k *threadKey) derive(label string, number int64) [32]byte {
	m := hmac.New(sha256.New, k[:])
	var room [32]byte
	m.Write(binary.BigEndian.AppendUint64(append(room[:0], label...), uint64(number)))
	var d [32]byte
	m.Sum(d[:0])
	return d
}

// thread is the pseudonym.
func (k *threadKey) thread() tree.Thread {
	d := k.derive("thread", 0)
	return tree.Thread(d[:16])
}

// salt is that of one leaf alone: showing it opens no other.
func (k *threadKey) salt(number int64) [32]byte { return k.derive("salt", number) }

func (k *threadKey) cipher() cipher.AEAD {
	d := k.derive("payload", 0)
	block, err := aes.NewCipher(d[:])
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// lock encrypts a payload to its leaf: in another row it does not open.
func (k *threadKey) lock(payload, leaf []byte) []byte {
	return k.cipher().Seal(nil, nil, payload, leaf)
}

// open decrypts a payload and checks it against its leaf.
func (k *threadKey) open(box, leaf []byte, l tree.Leaf) ([]byte, error) {
	payload, err := k.cipher().Open(nil, nil, box, leaf)
	if err != nil {
		return nil, altered(fmt.Errorf("what leaf %d of thread %x says does not open", l.Number, l.Thread))
	}
	if err := l.CheckPayload(k.salt(l.Number), payload); err != nil {
		return nil, altered(err)
	}
	return payload, nil
}

// belonging binds a wrapped key to its row.
func belonging(recovery, party string) []byte {
	return []byte("record\x00" + party + "\x00" + recovery)
}

// unwrap opens the key of a thread.
func (l *Log) unwrap(box []byte, recovery, party string) (threadKey, error) {
	plain, err := l.o.Wrap.Unwrap(box, belonging(recovery, party))
	if err != nil {
		return threadKey{}, err
	}
	if len(plain) != len(threadKey{}) {
		return threadKey{}, altered(fmt.Errorf("the key of %s towards %s has %d bytes", recovery, party, len(plain)))
	}
	return threadKey(plain), nil
}
