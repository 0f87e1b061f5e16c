package usm

import (
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

var errPrivacy = errors.New("encrypted part has a wrong length")

// Padding is how many octets a scoped PDU of this length needs behind it before Encrypt.
func (k *Keys) Padding(length int) int {
	if !k.des {
		return 0
	}
	return (des.BlockSize - length%des.BlockSize) % des.BlockSize
}

// Salt makes msgPrivacyParameters of a number that is never used twice (RFC 3414, 8.1.1.1; RFC 3826, 3.1.4.1).
// They are valid until the next call.
func (k *Keys) Salt(boots uint32, n uint64) []byte {
	binary.BigEndian.PutUint64(k.salt[:], n)
	if k.des {
		binary.BigEndian.PutUint32(k.salt[:], boots)
	}
	return k.salt[:]
}

// Encrypt encrypts text in place.
func (k *Keys) Encrypt(text []byte, boots, time uint32, salt []byte) {
	k.start(boots, time, salt)
	if k.des {
		cipher.NewCBCEncrypter(k.block, k.iv[:des.BlockSize]).CryptBlocks(text, text)
		return
	}
	k.cfb(text, false)
}

// Decrypt decrypts text in place.
func (k *Keys) Decrypt(text []byte, boots, time uint32, salt []byte) error {
	if len(salt) != len(k.salt) || len(text) == 0 || k.des && len(text)%des.BlockSize != 0 {
		return errPrivacy
	}
	k.start(boots, time, salt)
	if k.des {
		cipher.NewCBCDecrypter(k.block, k.iv[:des.BlockSize]).CryptBlocks(text, text)
		return nil
	}
	k.cfb(text, true)
	return nil
}

func (k *Keys) start(boots, time uint32, salt []byte) {
	if k.des {
		subtle.XORBytes(k.iv[:], k.preIV[:], salt)
		return
	}
	binary.BigEndian.PutUint32(k.iv[:], boots)
	binary.BigEndian.PutUint32(k.iv[4:], time)
	copy(k.iv[8:], salt)
}

// cfb is CFB with segments of 128 bits (RFC 3826, section 1.2), in place. The standard library has it too,
// but marks it as not for new designs, which this is not.
func (k *Keys) cfb(text []byte, decrypt bool) {
	iv, mask := k.iv[:], k.mask[:]
	for len(text) > 0 {
		k.block.Encrypt(mask, iv)
		n := min(len(iv), len(text))
		if decrypt {
			copy(iv, text[:n])
			subtle.XORBytes(text, text[:n], mask)
		} else {
			subtle.XORBytes(text, text[:n], mask)
			copy(iv, text[:n])
		}
		text = text[n:]
	}
}
