package inventory

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"ninewatch/internal/conf"
)

// Bounds of a table of devices.
const (
	maxCSVRows = 200_000
	maxCSVSize = 64 << 20
)

// csvColumns are the columns that a table of devices may have; lists have several values in one cell.
var (
	csvColumns = []string{"name", "display_name", "site", "address", "port", "credential", "profile", "role", "interval", "icmp.interval",
		"snmp.interval", "parents", "interfaces.monitor", "interfaces.ignore", "owner", "department", "asset.purchased",
		"asset.warranty_until", "asset.end_of_life", "asset.cost", "asset.tag", "tags", "renamed_from"}
	csvLists = []string{"parents", "interfaces.monitor", "interfaces.ignore", "tags"}
)

// FromCSV turns a table of devices (RFC 4180; commas, semicolons or tabs; the first row names the columns)
// into a file that Parse reads with the lines of the table. The problems are those of the table itself.
func FromCSV(f File) (File, conf.Problems) {
	fail := func(line, column int, format string, args ...any) (File, conf.Problems) {
		return File{Name: f.Name, Remote: f.Remote}, conf.Problems{{File: f.Name, Line: line, Column: column, Text: fmt.Sprintf(format, args...)}}
	}
	data := bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf")) // the mark that spreadsheets write
	switch {
	case len(data) > maxCSVSize:
		return fail(1, 1, "%d bytes are too many for one file, split it below %d", len(data), maxCSVSize)
	case !utf8.Valid(data):
		return fail(1, 1, "is not UTF-8, export the table as CSV UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.ReuseRecord = separator(data), true
	header, err := r.Read()
	if err != nil {
		return fail(1, 1, "has no first row with the names of the columns: %s", strings.Join(csvColumns, ", "))
	}
	header = slices.Clone(header)
	var problems conf.Problems
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
		line, column := r.FieldPos(i)
		if text := columnProblem(header, i); text != "" {
			problems = append(problems, conf.Problem{File: f.Name, Line: line, Column: column, Text: text})
		}
	}
	if len(problems) > 0 {
		return File{Name: f.Name, Remote: f.Remote}, problems
	}
	out, err := csvRows(r, header)
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return fail(wrong.Line, wrong.Column, "%s", csvMistake(wrong.Err, len(header)))
	}
	if err != nil {
		return fail(1, 1, "%s", err)
	}
	return File{Name: f.Name, Data: out, Remote: true}, nil
}

// csvRows writes each row as JSON in the line in which it stands.
func csvRows(r *csv.Reader, header []string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(`{"devices": [`)
	line := 1
	for n := 0; ; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			out.WriteString("]}")
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
		if n == maxCSVRows {
			return nil, fmt.Errorf("more than %d rows, split the file", maxCSVRows)
		}
		if n > 0 {
			out.WriteByte(',')
		}
		for at, _ := r.FieldPos(0); line < at; line++ {
			out.WriteByte('\n')
		}
		data, err := json.Marshal(csvDevice(header, row))
		if err != nil {
			return nil, err
		}
		out.Write(data)
	}
}

func csvDevice(header, row []string) map[string]any {
	device := map[string]any{}
	for i, cell := range row {
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		in := device
		group, key, nested := strings.Cut(header[i], ".")
		if !nested {
			group, key = "", header[i]
		} else if inner, ok := device[group].(map[string]any); ok {
			in = inner
		} else {
			in = map[string]any{}
			device[group] = in
		}
		if slices.Contains(csvLists, header[i]) {
			in[key] = strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(" ;|,\n\r\t", r) })
		} else {
			in[key] = cell
		}
	}
	return device
}

func columnProblem(header []string, i int) string {
	name := header[i]
	switch {
	case slices.Index(header, name) < i:
		return fmt.Sprintf("column %q stands here twice, keep one", name)
	case slices.Contains(csvColumns, name):
		return ""
	}
	if near := conf.Nearest(name, csvColumns); near != "" {
		return fmt.Sprintf("unknown column %q, did you mean %q?", name, near)
	}
	return fmt.Sprintf("unknown column %q, known ones: %s", name, strings.Join(csvColumns, ", "))
}

func csvMistake(err error, columns int) string {
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return fmt.Sprintf("this row has more or fewer cells than the %d columns of the first row", columns)
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		return `a quote stands within a cell: put the whole cell in quotes, and write "" for a quote in it`
	}
	return err.Error()
}

// separator is the one of comma, semicolon and tab that the first row has most of.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	best := ','
	for _, r := range []rune{';', '\t'} {
		if bytes.Count(first, []byte(string(r))) > bytes.Count(first, []byte(string(best))) {
			best = r
		}
	}
	return best
}
