package profile

import (
	"bytes"
	"compress/gzip"
	_ "embed" // bundled.gz
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The archive is the files of bundled/, packed by TestBundle -update, which also shows that it is their equal.
//
//go:generate go test -run TestBundle -update .
//go:embed bundled.gz
var archive []byte

// maxBundle bounds what the archive unpacks to.
const maxBundle = 8 << 20

// bundledFile is one profile of the archive, not parsed.
type bundledFile struct {
	name     string
	patterns []string
	data     []byte
}

// pack makes the archive: for each file a line "NAME LENGTH PATTERN…" and its text.
func pack(files []bundledFile) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	for _, f := range files {
		fmt.Fprintf(z, "%s %d %s\n", f.name, len(f.data), strings.Join(f.patterns, " ")) //nolint:errcheck // into memory
		z.Write(f.data)                                                                  //nolint:errcheck // into memory
	}
	z.Close() //nolint:errcheck // into memory
	return out.Bytes()
}

func unpack(packed []byte) ([]bundledFile, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("archive of profiles: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxBundle))
	if err != nil {
		return nil, fmt.Errorf("archive of profiles: %w", err)
	}
	var files []bundledFile
	for len(text) > 0 {
		head, rest, _ := bytes.Cut(text, []byte("\n"))
		words := strings.Fields(string(head))
		if len(words) < 2 {
			return nil, fmt.Errorf("archive of profiles: no head at %q", head)
		}
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 0 || n > len(rest) {
			return nil, fmt.Errorf("archive of profiles: length %q of %q", words[1], words[0])
		}
		files = append(files, bundledFile{words[0], words[2:], rest[:n]})
		text = rest[n:]
	}
	return files, nil
}
