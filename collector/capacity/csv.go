package capacity

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxGrid = 5_000_000 // values of a series that is read: more is a wrong time or a wrong step

// ReadSeries reads a series from CSV. Two forms are known: a time and values in each row (t,value, with RFC 3339
// or Unix seconds), of which column is one of the names of the header and the first value without; and a whole
// series in each row after its name, under a header that ends in "...", of which column is the name. Values
// go to the steps that hold their times, as means: hours of 5-minute values are means of clock hours. Steps
// without a value, and empty or NaN ones, are missing. Step is in milliseconds; 0 is the usual distance of times.
func ReadSeries(r io.Reader, column string, step int64) (Series, error) {
	reader := csv.NewReader(r)
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = true
	reader.ReuseRecord = true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return Series{}, errors.New("empty file: want a header t,value and rows under it")
	}
	if err != nil {
		return Series{}, err
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	if last := len(header) - 1; strings.HasSuffix(header[last], "...") {
		return readWide(reader, last, column, step)
	}
	return readLong(reader, header, column, step)
}

func readWide(reader *csv.Reader, first int, column string, step int64) (Series, error) {
	if step == 0 {
		step = dayMillis
	}
	s := Series{Step: step}
	var names []string
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Series{}, err
		}
		names = append(names, strings.Clone(row[0]))
		if len(row) <= first || column != "" && row[0] != column || column == "" && len(names) > 1 {
			continue
		}
		for i, text := range row[first:] {
			v, err := parseValue(text)
			if err != nil {
				return Series{}, fmt.Errorf("row %q, value %d: %w", row[0], i+1, err)
			}
			s.Values = append(s.Values, v)
		}
	}
	switch {
	case column == "" && len(names) > 1:
		return Series{}, fmt.Errorf("%d series, one in each row: --column picks one, such as %q", len(names), names[0])
	case column != "" && !slices.Contains(names, column):
		return Series{}, fmt.Errorf("no row %q: want one of the names in the first column%s", column, example(names))
	}
	return s, nil
}

func example(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(", such as %q", names[0])
}

// timed is a value and when it was, in milliseconds.
type timed struct {
	at    int64
	value float64
}

func readLong(reader *csv.Reader, header []string, column string, step int64) (Series, error) {
	var values []timed
	at := 1
	add := func(row []string, line int) error {
		if len(row) == 1 && row[0] == "" {
			return nil
		}
		t, err := parseTime(row[0])
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		v := math.NaN()
		if at < len(row) {
			if v, err = parseValue(row[at]); err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
		}
		values = append(values, timed{t, v})
		return nil
	}
	if _, err := parseTime(header[0]); err == nil { // no header
		if column != "" {
			return Series{}, fmt.Errorf("no column %q: the file has no header", column)
		}
		if err := add(header, 1); err != nil {
			return Series{}, err
		}
	} else if column != "" {
		if at = slices.Index(header, column); at < 1 {
			return Series{}, fmt.Errorf("no column %q: want one of %s", column, strings.Join(header[1:], ", "))
		}
	}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return toGrid(values, step)
		}
		if err != nil {
			return Series{}, err
		}
		line, _ := reader.FieldPos(0)
		if err := add(row, line); err != nil {
			return Series{}, err
		}
	}
}

// toGrid takes means of the values of each step, of steps that are aligned to 1970 UTC, or to the first value
// where a step is longer than a day.
func toGrid(values []timed, step int64) (Series, error) {
	if len(values) == 0 {
		return Series{Step: max(step, 1)}, nil
	}
	slices.SortStableFunc(values, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	if step == 0 {
		if step = usualStep(values); step <= 0 {
			return Series{}, errors.New("the step cannot be told from the times: --step says it, such as 1h")
		}
	}
	s := Series{Start: floorTo(values[0].at, step), Step: step}
	offset := s.Start
	if step >= dayMillis { // days of a local calendar begin an hour early or late where clocks change
		s.Start = values[0].at
		offset = s.Start - step/2
	}
	count := (values[len(values)-1].at-offset)/step + 1
	if count > maxGrid {
		return Series{}, fmt.Errorf("from %s to %s are more than %d steps of %s: is a time wrong, or the step?",
			time.UnixMilli(s.Start).UTC().Format(time.RFC3339), time.UnixMilli(values[len(values)-1].at).UTC().Format(time.RFC3339),
			maxGrid, time.Duration(step)*time.Millisecond)
	}
	s.Values = make([]float64, count)
	for i := range s.Values {
		s.Values[i] = math.NaN()
	}
	for i := 0; i < len(values); {
		cell := (values[i].at - offset) / step
		sum, n := 0.0, 0
		for ; i < len(values) && (values[i].at-offset)/step == cell; i++ {
			if !math.IsNaN(values[i].value) {
				sum += values[i].value
				n++
			}
		}
		if n > 0 {
			s.Values[cell] = sum / float64(n)
		}
	}
	return s, nil
}

// usualStep is the median distance of neighbouring times.
func usualStep(values []timed) int64 {
	var steps []int64
	for i := 1; i < len(values); i++ {
		if d := values[i].at - values[i-1].at; d > 0 {
			steps = append(steps, d)
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04", time.DateOnly}

func parseTime(text string) (int64, error) {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		const farthest = 253402300800 // the year 10000
		if !(math.Abs(seconds) < farthest) {
			return 0, fmt.Errorf("time %q: want RFC 3339 or Unix seconds", text)
		}
		return int64(math.Round(seconds * 1000)), nil
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t.UnixMilli(), nil
		}
	}
	return 0, fmt.Errorf("time %q: want RFC 3339 or Unix seconds", text)
}

func parseValue(text string) (float64, error) {
	switch text = strings.TrimSpace(text); strings.ToLower(text) {
	case "", "-", "nan", "null", "none", "na", "n/a":
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, fmt.Errorf("value %q: want a number, or nothing where it is missing", text)
	}
	return v, nil
}
