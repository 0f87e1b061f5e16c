package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2id with the second recommended option of RFC 9106, section 4, at a third of its memory (an
// OWASP minimum is 19 MiB): a collector shares 2 cores and 8 GB with the sample store.
const (
	argonTime    = 3
	argonMemory  = 24 << 10 // KiB
	argonThreads = 1
	saltSize     = 16
	keySize      = 32

	maxArgonMemory = 1 << 20 // KiB, of a hash that is checked

	minPassword = 8
	maxPassword = 1024 // bytes; hashing costs time
)

// hashPassword returns the PHC string of a password, made with memory KiB.
func hashPassword(password string, memory uint32) string {
	var salt [saltSize]byte
	rand.Read(salt[:]) //nolint:errcheck // crypto/rand.Read never fails
	key := argon2.IDKey([]byte(password), salt[:], argonTime, memory, argonThreads, keySize)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(key))
}

// checkPassword compares in constant time. The parameters come from the hash, so that they can rise.
func checkPassword(hash, password string) bool {
	var v int
	var memory, time uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &v); err != nil || v != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil || time == 0 || threads == 0 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 || memory > maxArgonMemory {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
