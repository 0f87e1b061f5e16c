package frame

import (
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"ninewatch/internal/telemetry"
)

// Limits of a frame.
const (
	MaxSeries  = 65_536
	MaxPolls   = 4_096
	MaxLabels  = 64       // per series
	MaxString  = 4 << 10  // device, names, label values
	MaxDecoded = 64 << 20 // of the body, and of the decoded frame in memory (FORMAT.md says how it is counted)
)

// Errors of this package; trying again does not help.
var (
	ErrCorrupt = errors.New("corrupt frame")          // from Decode: these bytes are no frame
	ErrLimit   = errors.New("frame beyond its limit") // from Append
	ErrShape   = errors.New("malformed frame")        // from Append: values do not fit the template, labels not sorted, …
)

const (
	version = 1
	plain   = 0
	packed  = 1

	minPacked = 64 // bodies below this are not worth the attempt

	mixedKinds = 255
)

// The size of things in memory, as limits count it.
const (
	seriesBytes = 48
	labelBytes  = 32
	pollBytes   = 32
	valueBytes  = 16
)

// The coders are made once and have no state that one use leaves for the next.
var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20))
})

// unpack is made by the first Decode and not with the package, or programs that only encode would be 200 KB larger.
var unpack struct {
	once sync.Once
	z    *zstd.Decoder
	err  error
}

func decoder() (*zstd.Decoder, error) {
	unpack.once.Do(func() {
		unpack.z, unpack.err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(MaxDecoded))
	})
	return unpack.z, unpack.err
}

// Append appends the block of f to dst.
func Append(dst []byte, f *telemetry.Frame) ([]byte, error) {
	if err := check(f); err != nil {
		return dst, err
	}
	body := appendBody(nil, f)
	if len(body) > MaxDecoded {
		return dst, fmt.Errorf("body of %d bytes, the limit is %d: %w", len(body), MaxDecoded, ErrLimit)
	}
	start := len(dst)
	if len(body) >= minPacked {
		z, err := encoder()
		if err != nil {
			return dst, fmt.Errorf("start zstd: %w", err)
		}
		dst = z.EncodeAll(body, append(dst, version, packed))
		if len(dst)-start < len(body)+2 {
			return dst, nil
		}
	}
	return append(append(dst[:start], version, plain), body...), nil
}

// Decode reads one block. The frame keeps no reference to b.
func Decode(b []byte) (*telemetry.Frame, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%d bytes: %w", len(b), ErrCorrupt)
	}
	if b[0] != version {
		return nil, fmt.Errorf("version %d is not known: %w", b[0], ErrCorrupt)
	}
	body := b[2:]
	switch b[1] {
	case plain:
	case packed:
		z, err := decoder()
		if err != nil {
			return nil, fmt.Errorf("start zstd: %w", err)
		}
		if body, err = z.DecodeAll(body, nil); err != nil {
			return nil, fmt.Errorf("zstd: %w: %w", err, ErrCorrupt)
		}
	default:
		return nil, fmt.Errorf("packing %d is not known: %w", b[1], ErrCorrupt)
	}
	if len(body) > MaxDecoded {
		return nil, fmt.Errorf("body of %d bytes, the limit is %d: %w", len(body), MaxDecoded, ErrCorrupt)
	}
	d := decode{b: body}
	f := d.frame()
	if d.err != nil {
		return nil, fmt.Errorf("%w: %w", d.err, ErrCorrupt)
	}
	return f, nil
}

// check finds what Decode would refuse.
func check(f *telemetry.Frame) error {
	if len(f.Template) > MaxSeries || len(f.Polls) > MaxPolls {
		return fmt.Errorf("%d series and %d polls of %.64q, the limits are %d and %d: %w",
			len(f.Template), len(f.Polls), f.Device, MaxSeries, MaxPolls, ErrLimit)
	}
	size := len(f.Device) + len(f.Polls)*(pollBytes+len(f.Template)*valueBytes)
	longest := len(f.Device)
	for _, s := range f.Template {
		if len(s.Labels) > MaxLabels {
			return fmt.Errorf("%d labels of %.64q, the limit is %d: %w", len(s.Labels), s.Name, MaxLabels, ErrLimit)
		}
		size += seriesBytes + len(s.Name) + len(s.Labels)*labelBytes
		longest = max(longest, len(s.Name))
		for i, l := range s.Labels {
			size += len(l.Name) + len(l.Value)
			longest = max(longest, len(l.Name), len(l.Value))
			if i > 0 && l.Name <= s.Labels[i-1].Name {
				return fmt.Errorf("labels of %.64q are not sorted by name: %w", s.Name, ErrShape)
			}
		}
	}
	if longest > MaxString || size > MaxDecoded {
		return fmt.Errorf("%d bytes and a text of %d bytes for %.64q, the limits are %d and %d: %w",
			size, longest, f.Device, MaxDecoded, MaxString, ErrLimit)
	}
	for i, p := range f.Polls {
		if len(p.Values) != len(f.Template) {
			return fmt.Errorf("poll %d of %.64q has %d values, its template %d: %w", i, f.Device, len(p.Values), len(f.Template), ErrShape)
		}
		for _, v := range p.Values {
			if v.Kind > telemetry.Stale {
				return fmt.Errorf("poll %d of %.64q has a value of kind %d: %w", i, f.Device, v.Kind, ErrShape)
			}
		}
	}
	return nil
}
