package snmp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

var errPrivacy = errors.New("encrypted part has a wrong length")

// encrypt returns the ciphertext of the scoped PDU and msgPrivacyParameters (RFC 3414, 8.1.1; RFC 3826, 3.1).
func (p privProtocol) encrypt(key, plain []byte, boots, time uint32, salt uint64) (text, params []byte, err error) {
	if p.des {
		params = binary.BigEndian.AppendUint32(nil, boots)
		params = binary.BigEndian.AppendUint32(params, uint32(salt))
		block, err := des.NewCipher(key[:8])
		if err != nil {
			return nil, nil, err
		}
		text = append(plain[:len(plain):len(plain)], make([]byte, (8-len(plain)%8)%8)...)
		text = append([]byte(nil), text...)
		cipher.NewCBCEncrypter(block, desIV(key, params)).CryptBlocks(text, text)
		return text, params, nil
	}
	params = binary.BigEndian.AppendUint64(nil, salt)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	return cfb(block, aesIV(boots, time, params), plain, false), params, nil
}

func (p privProtocol) decrypt(key, text []byte, boots, time uint32, params []byte) ([]byte, error) {
	if len(params) != 8 || len(text) == 0 {
		return nil, errPrivacy
	}
	if p.des {
		block, err := des.NewCipher(key[:8])
		if err != nil {
			return nil, err
		}
		if len(text)%8 != 0 {
			return nil, errPrivacy
		}
		plain := make([]byte, len(text))
		cipher.NewCBCDecrypter(block, desIV(key, params)).CryptBlocks(plain, text)
		return plain, nil
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cfb(block, aesIV(boots, time, params), text, true), nil
}

func desIV(key, salt []byte) []byte {
	iv := make([]byte, 8)
	subtle.XORBytes(iv, key[8:16], salt)
	return iv
}

func aesIV(boots, time uint32, salt []byte) []byte {
	iv := binary.BigEndian.AppendUint32(make([]byte, 0, 16), boots)
	iv = binary.BigEndian.AppendUint32(iv, time)
	return append(iv, salt...)
}

// cfb is CFB with segments of 128 bits (RFC 3826, section 1.2). The standard library has it too, but
// marks it as not for new designs, which this is not.
func cfb(block cipher.Block, iv, in []byte, decrypt bool) []byte {
	out := make([]byte, len(in))
	stream := make([]byte, len(iv))
	for at := 0; at < len(in); at += len(iv) {
		block.Encrypt(stream, iv)
		end := min(at+len(iv), len(in))
		subtle.XORBytes(out[at:end], in[at:end], stream)
		if decrypt {
			iv = in[at:end]
		} else {
			iv = out[at:end]
		}
		if len(iv) < len(stream) {
			break
		}
	}
	return out
}
