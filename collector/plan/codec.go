package plan

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"ninewatch/collector/capacity"
)

const (
	formatVersion = 1
	maxLines      = 2
	maxBuckets    = 600     // of the longest day that a zone may have
	maxBody       = 1 << 20 // of a day, decompressed
)

var errFormat = errors.New("is not a blob of capacity features")

// encodeDay writes buckets as in FORMAT.md.
func encodeDay(d day) ([]byte, error) {
	scale, mark := 1.0, byte(0)
	if d.fine {
		scale, mark = 1000, 1
	}
	var out bytes.Buffer
	out.Write([]byte{formatVersion, mark})
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	n := 0
	if len(d.lines) > 0 {
		n = len(d.lines[0].rate)
	}
	body := binary.AppendUvarint(nil, uint64(len(d.lines)))
	body = binary.AppendUvarint(body, uint64(n))
	for _, l := range d.lines {
		for _, values := range [][]float64{l.rate, l.peak} {
			last := int64(0)
			for _, v := range values {
				if math.IsNaN(v) {
					body = append(body, 0)
					continue
				}
				now := int64(math.Round(min(max(v, 0)*scale, 1<<60)))
				step := now - last
				body = binary.AppendUvarint(body, uint64(step<<1)^uint64(step>>63)+1)
				last = now
			}
		}
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decodeDay reads what encodeDay wrote.
func decodeDay(b []byte) (day, error) {
	if len(b) < 2 || b[0] != formatVersion || b[1] > 1 {
		return day{}, errFormat
	}
	body, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b[2:])), maxBody))
	if err != nil {
		return day{}, fmt.Errorf("%w: %w", errFormat, err)
	}
	d, scale := day{fine: b[1] == 1}, 1.0
	if d.fine {
		scale = 1000
	}
	r := reader{b: body}
	lines, n := r.uvarint(), r.uvarint()
	if r.bad || lines > maxLines || n > maxBuckets {
		return day{}, errFormat
	}
	for range lines {
		l := newLine(int(n))
		for _, values := range [][]float64{l.rate, l.peak} {
			last := int64(0)
			for i := range values {
				u := r.uvarint()
				if u == 0 {
					continue
				}
				u--
				last += int64(u>>1) ^ -int64(u&1)
				values[i] = float64(last) / scale
			}
		}
		d.lines = append(d.lines, l)
	}
	if r.bad || len(r.b) > 0 {
		return day{}, errFormat
	}
	return d, nil
}

// reader takes a blob apart; bad stays set.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) float() float64 {
	if len(r.b) < 4 {
		r.bad, r.b = true, nil
		return 0
	}
	v := math.Float32frombits(binary.LittleEndian.Uint32(r.b))
	r.b = r.b[4:]
	return float64(v)
}

// encodeMonth writes the features of the days of a month, by day of the month.
func encodeMonth(days map[int]Feature) []byte {
	out := []byte{formatVersion}
	float := func(v float64) { out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v))) }
	for d := 1; d <= 31; d++ {
		f, ok := days[d]
		if !ok {
			continue
		}
		out = append(out, byte(d), byte(len(f.Lines)))
		float(f.Capacity)
		for _, l := range f.Lines {
			for _, v := range []float64{l.P95, l.P99, l.Max, l.Mean, l.BusyHour, l.Coverage} {
				float(v)
			}
		}
	}
	return out
}

// decodeMonth reads what encodeMonth wrote.
func decodeMonth(b []byte) (map[int]Feature, error) {
	if len(b) == 0 || b[0] != formatVersion {
		return nil, errFormat
	}
	out := map[int]Feature{}
	r := reader{b: b[1:]}
	for len(r.b) > 0 {
		if len(r.b) < 2 || r.b[0] < 1 || r.b[0] > 31 || r.b[1] > maxLines {
			return nil, errFormat
		}
		at, lines := int(r.b[0]), int(r.b[1])
		r.b = r.b[2:]
		f := Feature{Capacity: r.float()}
		for range lines {
			f.Lines = append(f.Lines, capacity.Day{P95: r.float(), P99: r.float(), Max: r.float(), Mean: r.float(), BusyHour: r.float(), Coverage: r.float()})
		}
		if r.bad {
			return nil, errFormat
		}
		out[at] = f
	}
	return out, nil
}
