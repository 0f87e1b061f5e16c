package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.UnixMilli(1_700_000_000_000)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, dir string, c *clock) *Queue {
	t.Helper()
	q, err := Open(Config{Dir: dir, MaxSize: minSize, MaxAge: 7 * 24 * time.Hour}, Deps{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close(t.Context()) })
	return q
}

// killed returns a copy of the folder of a running queue: what kill -9 leaves.
func killed(t testing.TB, q *Queue) string {
	t.Helper()
	dir := tempDir(t)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := os.CopyFS(dir, os.DirFS(q.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tempDir is a folder in memory where the system has one: crash tests open journals thousands of times, and
// an fsync on disk takes milliseconds.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ninewatch-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// poll is a record of n samples.
func poll(n int) telemetry.Record {
	f := &telemetry.Frame{Device: "sw1", Polls: []telemetry.Poll{{Time: 1_700_000_000_000}}}
	for i := range n {
		f.Template = append(f.Template, telemetry.Series{Name: "ifHCInOctets"})
		f.Polls[0].Values = append(f.Polls[0].Values, telemetry.UintValue(uint64(i)*12345))
	}
	return telemetry.Record{Frame: f}
}

// big is a record of one sample and about size bytes.
func big(size, seed int) telemetry.Record {
	var text []telemetry.Label
	x := uint64(seed)*2654435761 + 88172645463325252
	for i := 0; i < 60; i++ {
		var b []byte
		for len(b) < size/60 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			b = fmt.Appendf(b, "%016x", x)
		}
		text = append(text, telemetry.Label{Name: fmt.Sprintf("l%02d", i), Value: string(b[:size/60])})
	}
	return telemetry.Record{Frame: &telemetry.Frame{Device: "sw1", Template: []telemetry.Series{{Name: "x", Labels: text}},
		Polls: []telemetry.Poll{{Time: 1_700_000_000_000, Values: []telemetry.Value{telemetry.UintValue(1)}}}}}
}

func mustAppend(t testing.TB, q *Queue, recs ...telemetry.Record) {
	t.Helper()
	if err := q.Append(recs...); err != nil {
		t.Fatal(err)
	}
}

func wantAccount(t testing.TB, q *Queue, produced, acknowledged, queued uint64, dropped map[string]uint64) {
	t.Helper()
	a := q.Account()
	if a.Produced != produced || a.Acknowledged != acknowledged || a.Queued != queued || fmt.Sprint(a.Dropped) != fmt.Sprint(dropped) {
		t.Errorf("account: got %d = %d + %d + %v, want %d = %d + %d + %v",
			a.Produced, a.Acknowledged, a.Queued, a.Dropped, produced, acknowledged, queued, dropped)
	}
}

func balanced(t testing.TB, a Account) {
	t.Helper()
	sum := a.Acknowledged + a.Queued
	for _, n := range a.Dropped {
		sum += n
	}
	if a.Produced != sum {
		t.Fatalf("account does not balance: %+v", a)
	}
}

func seqs(items []Item) []uint64 {
	var list []uint64
	for _, i := range items {
		list = append(list, i.Seq)
	}
	return list
}

func wantSeqs(t testing.TB, items []Item, want ...uint64) {
	t.Helper()
	if got := seqs(items); !slices.Equal(got, want) {
		t.Errorf("handed out: got %v, want %v", got, want)
	}
}

func TestLiveAndAck(t *testing.T) {
	q := open(t, tempDir(t), newClock())
	changed := q.Changed()
	mustAppend(t, q, poll(3), poll(0), poll(5))
	<-changed
	wantAccount(t, q, 8, 0, 8, none())
	wantSeqs(t, q.Next(Backlog, 10))
	items := q.Next(Live, 2)
	wantSeqs(t, items, 2, 3)
	if items[1].Epoch != q.Epoch() || items[1].Samples != 5 || items[1].Time != 1_700_000_000_000 {
		t.Errorf("item: got %+v", items[1])
	}
	r, err := record.Decode(items[1].Data)
	if err != nil || r.Seq != 3 || r.Epoch != q.Epoch() || len(r.Frame.Template) != 5 {
		t.Errorf("record: got %+v, %v", r, err)
	}
	wantSeqs(t, q.Next(Live, 2), 1)
	wantSeqs(t, q.Next(Live, 2))
	if err := q.Ack(q.Epoch(), telemetry.Range{First: 1, Last: 1}, telemetry.Range{First: 3, Last: 3}); err != nil {
		t.Fatal(err)
	}
	wantAccount(t, q, 8, 8, 0, none())
	if a := q.Account(); a.Records != 1 {
		t.Errorf("queued records: got %d, want 1", a.Records)
	}
	q.Return(Live)
	wantSeqs(t, q.Next(Live, 2), 2)
}

func none() map[string]uint64 { return map[string]uint64{} }

func TestPassedOverIsBacklog(t *testing.T) {
	c := newClock()
	q := open(t, tempDir(t), c)
	mustAppend(t, q, poll(1), poll(1))
	wantSeqs(t, q.Next(Live, 1), 2)
	c.add(time.Minute)
	mustAppend(t, q, poll(1))
	c.add(61 * time.Second)
	wantSeqs(t, q.Next(Backlog, 9), 1)
	q.Return(Live) // number 2 has become too old
	wantSeqs(t, q.Next(Live, 9), 3)
	wantSeqs(t, q.Next(Backlog, 9), 2)
	q.Return(Backlog)
	wantSeqs(t, q.Next(Backlog, 9), 1, 2)
}

func TestLiveRingOverflows(t *testing.T) {
	q := open(t, tempDir(t), newClock())
	recs := make([]telemetry.Record, maxLive+10)
	for i := range recs {
		recs[i] = telemetry.Record{Boot: &telemetry.Boot{Device: "a", Time: 1}}
	}
	mustAppend(t, q, recs...)
	wantSeqs(t, q.Next(Backlog, 20), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	wantSeqs(t, q.Next(Live, 2), maxLive+9, maxLive+10)
}

func TestRestart(t *testing.T) {
	c := newClock()
	for _, kill := range []bool{false, true} {
		dir := tempDir(t)
		q := open(t, dir, c)
		old := q.Epoch()
		mustAppend(t, q, poll(1), poll(2), poll(4), poll(8))
		q.Next(Live, 10)
		if err := q.Ack(old, telemetry.Range{First: 2, Last: 3}); err != nil {
			t.Fatal(err)
		}
		q.mu.Lock()
		q.flush() // as within a second
		q.mu.Unlock()
		if kill {
			dir = killed(t, q)
		} else if err := q.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		q = open(t, dir, c)
		wantAccount(t, q, 15, 6, 9, none())
		if got := q.Epochs(); len(got) != 2 || got[0] != old || got[1] != q.Epoch() || old == q.Epoch() {
			t.Errorf("epochs: got %v, want %v and %v", got, old, q.Epoch())
		}
		mustAppend(t, q, poll(16))
		wantSeqs(t, q.Next(Live, 10), 1)
		items := q.Next(Backlog, 10)
		wantSeqs(t, items, 1, 4)
		if items[0].Epoch != old {
			t.Errorf("epoch of the backlog: got %v, want %v", items[0].Epoch, old)
		}
		if err := q.Ack(old, telemetry.Range{First: 1, Last: 1 << 63}); err != nil {
			t.Fatal(err)
		}
		wantAccount(t, q, 31, 15, 16, none())
	}
}

// TestAckBeforeAnyAppend: an acknowledgement right after Open outlives a Close too.
func TestAckBeforeAnyAppend(t *testing.T) {
	c, dir := newClock(), tempDir(t)
	q := open(t, dir, c)
	old := q.Epoch()
	mustAppend(t, q, poll(3))
	for range 2 {
		if err := q.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		q = open(t, dir, c)
		if err := q.Ack(old, telemetry.Range{First: 1, Last: 1}); err != nil {
			t.Fatal(err)
		}
	}
	q.Close(t.Context())
	wantAccount(t, open(t, dir, c), 3, 3, 0, none())
}

// TestAckOfWhatWasNeverHandedOut: Welcome names what the collector holds from before.
func TestAckOfWhatWasNeverHandedOut(t *testing.T) {
	c := newClock()
	q := open(t, tempDir(t), c)
	old := q.Epoch()
	for i := range 20 {
		mustAppend(t, q, poll(i))
	}
	q = open(t, killed(t, q), c)
	if err := q.Ack(old, telemetry.Range{First: 1, Last: 5}, telemetry.Range{First: 10, Last: 15}); err != nil {
		t.Fatal(err)
	}
	wantAccount(t, q, 190, 0+1+2+3+4+9+10+11+12+13+14, 190-79, none())
	if err := q.Ack(old, telemetry.Range{First: 0, Last: 1<<64 - 1}); err != nil {
		t.Fatal(err)
	}
	if err := q.Ack(telemetry.Epoch{1}, telemetry.Range{First: 0, Last: 1<<64 - 1}); err != nil {
		t.Fatal(err)
	}
	wantAccount(t, q, 190, 190, 0, none())
	wantSeqs(t, q.Next(Backlog, 10))
}

func TestLimitOfBytes(t *testing.T) {
	c := newClock()
	q := open(t, tempDir(t), c)
	const n = 110
	for i := range n {
		mustAppend(t, q, big(60_000, i))
		balanced(t, q.Account())
	}
	a := q.Account()
	if a.Bytes > minSize || a.Bytes < minSize*9/10 {
		t.Errorf("bytes on disk: got %d, want at most %d", a.Bytes, minSize)
	}
	if a.Produced != n || a.Dropped[dropSize] == 0 || a.Dropped[dropSize]+a.Queued != n {
		t.Errorf("account: got %+v", a)
	}
	q = open(t, killed(t, q), c)
	b := q.Account()
	if b.Produced != n || b.Dropped[dropSize] != a.Dropped[dropSize] || b.Queued != a.Queued {
		t.Errorf("after a restart: got %+v, want %+v", b, a)
	}
	var samples, gapped uint64
	for {
		items := q.Next(Backlog, 100)
		if len(items) == 0 {
			break
		}
		for _, i := range items {
			samples += uint64(i.Samples)
			r, err := record.Decode(i.Data)
			if err != nil {
				t.Fatal(err)
			}
			if g := r.Gap; g != nil {
				gapped += g.Samples
				if g.Reason != dropSize || g.FirstSeq == 0 || g.LastSeq < g.FirstSeq {
					t.Errorf("gap: got %+v", g)
				}
			}
		}
	}
	if samples != a.Queued || gapped != a.Dropped[dropSize] {
		t.Errorf("handed out %d samples and gaps of %d, want %d and %d", samples, gapped, a.Queued, a.Dropped[dropSize])
	}
}

func TestLimitOfAge(t *testing.T) {
	c := newClock()
	q := open(t, tempDir(t), c)
	mustAppend(t, q, poll(1))
	c.add(6 * time.Hour)
	mustAppend(t, q, poll(2)) // a new segment by age
	c.add(7*24*time.Hour - time.Hour)
	mustAppend(t, q, poll(4))
	wantAccount(t, q, 7, 0, 6, map[string]uint64{dropAge: 1})
}

func TestAcknowledgedIsRetained(t *testing.T) {
	c := newClock()
	q := open(t, tempDir(t), c)
	mustAppend(t, q, poll(1), poll(2))
	q.Next(Live, 9)
	if err := q.Ack(q.Epoch(), telemetry.Range{First: 1, Last: 2}); err != nil {
		t.Fatal(err)
	}
	c.add(47 * time.Hour)
	mustAppend(t, q, poll(4))
	if err := q.Requeue(q.Epoch(), telemetry.RangeSet{{First: 1, Last: 1}}); err != nil {
		t.Fatal(err)
	}
	wantAccount(t, q, 7, 1, 6, none())
	wantSeqs(t, q.Next(Backlog, 9), 2)
	if err := q.Ack(q.Epoch(), telemetry.Range{First: 2, Last: 2}); err != nil {
		t.Fatal(err)
	}
	c.add(2 * time.Hour)
	mustAppend(t, q, poll(8))
	if err := q.Requeue(q.Epoch(), nil); err != nil {
		t.Fatal(err)
	}
	wantAccount(t, q, 15, 3, 12, none())
}

func TestInvalidIsCounted(t *testing.T) {
	q := open(t, tempDir(t), newClock())
	bad := poll(7)
	bad.Frame.Device = "sw\x00"
	if err := q.Append(poll(1), bad, poll(2)); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("got %v, want %v", err, record.ErrInvalid)
	}
	wantAccount(t, q, 10, 0, 3, map[string]uint64{dropInvalid: 7})
	items := q.Next(Live, 9)
	wantSeqs(t, items, 1, 2, 3)
	r, err := record.Decode(items[2].Data)
	if err != nil || r.Gap == nil || r.Gap.Samples != 7 || r.Gap.Reason != dropInvalid {
		t.Errorf("gap: got %+v, %v", r, err)
	}
	q = open(t, killed(t, q), newClock())
	wantAccount(t, q, 10, 0, 3, map[string]uint64{dropInvalid: 7})
}

// TestDamage flips a byte at every place: the account balances, what is readable comes out, and in the end
// everything is accounted for.
func TestDamage(t *testing.T) {
	c := newClock()
	q := open(t, tempDir(t), c)
	for i := range 6 {
		mustAppend(t, q, poll(1<<i))
	}
	q.Next(Live, 2)
	q.Ack(q.Epoch(), telemetry.Range{First: 5, Last: 6})
	mustAppend(t, q, poll(64))
	dir := killed(t, q)
	names, err := filepath.Glob(filepath.Join(dir, "*.journal"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	content, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(content); at += 3 {
		flipped := slices.Clone(content)
		flipped[at] ^= 0x40
		checkDamaged(t, names[0], flipped, c, fmt.Sprintf("flip at %d", at))
		checkDamaged(t, names[0], content[:at], c, fmt.Sprintf("cut at %d", at))
	}
}

func checkDamaged(t *testing.T, path string, content []byte, c *clock, what string) {
	t.Helper()
	dir := tempDir(t)
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), content, 0o600); err != nil {
		t.Fatal(err)
	}
	q := open(t, dir, c)
	defer q.Close(t.Context())
	mustAppend(t, q, poll(1000))
	balanced(t, q.Account())
	for _, lane := range []Lane{Live, Backlog} {
		for items := q.Next(lane, 3); len(items) > 0; items = q.Next(lane, 3) {
			for _, i := range items {
				if err := q.Ack(i.Epoch, telemetry.Range{First: i.Seq, Last: i.Seq}); err != nil {
					t.Fatal(err)
				}
			}
			balanced(t, q.Account())
		}
	}
	a := q.Account()
	for _, i := range q.Next(Live, 9) { // gaps
		q.Ack(i.Epoch, telemetry.Range{First: i.Seq, Last: i.Seq})
	}
	if a.Queued != 0 || a.Produced > 1127 || a.Produced < 1000 {
		t.Errorf("%s: account in the end: %+v", what, a)
	}
	if strings.HasPrefix(what, "flip") && a.Produced < 1127-64 {
		t.Errorf("%s: produced %d: a flip costs no more than the last record", what, a.Produced)
	}
}

// TestSegmentGone: someone removed a file.
func TestSegmentGone(t *testing.T) {
	c := newClock()
	q := open(t, tempDir(t), c)
	mustAppend(t, q, poll(3))
	c.add(6 * time.Hour)
	mustAppend(t, q, poll(4))
	dir := killed(t, q)
	names, err := filepath.Glob(filepath.Join(dir, "*.journal"))
	if err != nil || len(names) != 2 {
		t.Fatal(names, err)
	}
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	q = open(t, dir, c)
	wantAccount(t, q, 7, 0, 4, map[string]uint64{dropMissing: 3})
}

func TestDiskFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "ninewatch-test", dir).CombinedOutput()
	testkit.Need(t, err == nil, fmt.Sprintf("the right to mount a tmpfs (%s)", strings.TrimSpace(string(out))))
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })

	c := newClock()
	q := open(t, filepath.Join(dir, "spool"), c)
	for i := range 60 {
		mustAppend(t, q, big(60_000, i)) // makes room by dropping the oldest
		balanced(t, q.Account())
	}
	a := q.Account()
	if a.Dropped[dropFull] == 0 || a.Queued < 15 || a.Produced != 60 {
		t.Errorf("disk full by the queue: got %+v", a)
	}
	filler := filepath.Join(dir, "filler")
	for len(q.j.Segments()) > 1 { // others take all the space
		fill(t, filler)
		q.Append(big(60_000, 99))
		balanced(t, q.Account())
	}
	fill(t, filler)
	for i := range 10 {
		q.Append(big(60_000, i))
	}
	full := q.Account()
	balanced(t, full)
	if full.Dropped[dropFull] <= a.Dropped[dropFull] {
		t.Errorf("disk full by others: got %+v", full)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, q, poll(5))
	after := q.Account()
	if after.Produced != full.Produced+5 || after.Queued != full.Queued+5 {
		t.Errorf("after space came back: got %+v, want 5 more than %+v", after, full)
	}
	q = open(t, killed(t, q), c)
	if b := q.Account(); fmt.Sprint(b.Produced, b.Acknowledged, b.Queued, b.Dropped) !=
		fmt.Sprint(after.Produced, after.Acknowledged, after.Queued, after.Dropped) {
		t.Errorf("after a restart: got %+v, want %+v", b, after)
	}
}

func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for b := make([]byte, 4096); err == nil; {
		_, err = f.Write(b)
	}
}

// TestBackgroundSync: what is pending is written within a second.
func TestBackgroundSync(t *testing.T) {
	dir := tempDir(t)
	synctest.Test(t, func(t *testing.T) {
		q, err := Open(Config{Dir: dir, MaxSize: minSize, MaxAge: time.Hour}, Deps{})
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, q, poll(1))
		q.Next(Live, 1)
		q.Ack(q.Epoch(), telemetry.Range{First: 1, Last: 1})
		if !q.isDirty() {
			t.Error("an acknowledgement is written at once")
		}
		time.Sleep(syncEvery + time.Millisecond)
		synctest.Wait()
		if q.isDirty() {
			t.Error("an acknowledgement is not written after a second")
		}
		if err := q.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Errorf("second Close: got %v", err)
		}
		if err := q.Append(poll(1)); !errors.Is(err, ErrClosed) {
			t.Errorf("Append after Close: got %v, want %v", err, ErrClosed)
		}
	})
}

func (q *Queue) isDirty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dirty
}

var sample = regexp.MustCompile(`(?m)^ninewatch_agent_samples_(\w+?)(_total)?(\{.*\})? (\d+)$`)

// TestScrapesBalance: the metrics of one scrape are of one moment.
func TestScrapesBalance(t *testing.T) {
	set := metrics.NewSet()
	q, err := Open(Config{Dir: tempDir(t), MaxSize: minSize, MaxAge: time.Hour}, Deps{Metrics: set})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 300 {
			q.Append(poll(i % 5))
			for _, item := range q.Next(Live, 3) {
				q.Ack(item.Epoch, telemetry.Range{First: item.Seq, Last: item.Seq})
			}
		}
	})
	for range 50 {
		var b bytes.Buffer
		set.WritePrometheus(&b)
		sum := map[string]int{}
		for _, m := range sample.FindAllStringSubmatch(b.String(), -1) {
			n, _ := strconv.Atoi(m[4])
			sum[m[1]] += n
		}
		if len(sum) != 4 || sum["produced"] != sum["acknowledged"]+sum["queued"]+sum["dropped"] {
			t.Fatalf("scrape: %v in\n%s", sum, b.String())
		}
	}
	wg.Wait()
}

func TestValidate(t *testing.T) {
	if err := (Config{Dir: "x", MaxSize: minSize, MaxAge: minAge}).Validate(); err != nil {
		t.Error(err)
	}
	err := Config{}.Validate()
	for _, want := range []string{"dir:", "max_size:", "max_age:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a problem with %s", err, want)
		}
	}
}
