package spool

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
)

// name is how the model knows a record.
type name struct {
	epoch telemetry.Epoch
	seq   uint64
}

// model is the queue as lists.
type model struct {
	samples  map[name]int // of what was appended and not settled
	flight   map[Lane]map[name]bool
	produced int
	acked    int
	unsure   map[name]int // acknowledged, and a kill may undo it
}

// life is a queue under test with its model.
type life struct {
	root  string
	dir   string
	kills int
	clock *clock
	q     *Queue
	m     model
}

func (l *life) open(t *rapid.T) {
	q, err := Open(Config{Dir: l.dir, MaxSize: minSize, MaxAge: 7 * 24 * time.Hour}, Deps{Now: l.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	l.q = q
	l.m.flight = map[Lane]map[name]bool{Live: {}, Backlog: {}}
}

func (l *life) append(t *rapid.T) {
	var recs []telemetry.Record
	for range rapid.IntRange(1, 5).Draw(t, "records") {
		recs = append(recs, poll(rapid.IntRange(0, 9).Draw(t, "samples")))
	}
	seq := l.q.seq
	if err := l.q.Append(recs...); err != nil {
		t.Fatal(err)
	}
	for i, r := range recs {
		n := r.Samples()
		l.m.produced += n
		l.m.samples[name{l.q.Epoch(), seq + uint64(i) + 1}] = n
	}
}

func (l *life) next(t *rapid.T, lane Lane) {
	limit := rapid.IntRange(1, 8).Draw(t, "limit")
	items := l.q.Next(lane, limit)
	if len(items) > limit {
		t.Fatalf("%d items, limit %d", len(items), limit)
	}
	for i, x := range items {
		n := name{x.Epoch, x.Seq}
		want, ok := l.m.samples[n]
		if !ok || want != x.Samples || l.m.flight[Live][n] || l.m.flight[Backlog][n] {
			t.Fatalf("lane %d handed out %v with %d samples: known %t with %d", lane, n, x.Samples, ok, want)
		}
		if r, err := record.Decode(x.Data); err != nil || r.Epoch != x.Epoch || r.Seq != x.Seq || r.Samples() != want {
			t.Fatalf("record of %v: %v", n, err)
		}
		if i > 0 && items[i-1].Epoch == x.Epoch && items[i-1].Seq >= x.Seq {
			t.Fatalf("not ascending: %v", seqs(items))
		}
		l.m.flight[lane][n] = true
	}
	if waits := len(l.m.samples) - len(l.m.flight[Live]) - len(l.m.flight[Backlog]); waits < 0 {
		t.Fatalf("more in flight than queued")
	}
}

func (l *life) ack(t *rapid.T) {
	epochs := l.q.Epochs()
	e := rapid.SampledFrom(epochs).Draw(t, "epoch")
	first := rapid.Uint64Range(0, 30).Draw(t, "first")
	r := telemetry.Range{First: first, Last: first + rapid.Uint64Range(0, 10).Draw(t, "length")}
	if err := l.q.Ack(e, r); err != nil {
		t.Fatal(err)
	}
	for n, samples := range l.m.samples {
		if n.epoch == e && r.First <= n.seq && n.seq <= r.Last {
			delete(l.m.samples, n)
			delete(l.m.flight[Live], n)
			delete(l.m.flight[Backlog], n)
			l.m.acked += samples
			l.m.unsure[n] = samples
		}
	}
}

func (l *life) kill(t *rapid.T) {
	old := l.dir
	l.kills++
	l.dir = filepath.Join(l.root, fmt.Sprint("life", l.kills))
	l.q.mu.Lock()
	err := os.CopyFS(l.dir, os.DirFS(old))
	pending := l.q.dirty
	l.q.mu.Unlock()
	l.q.Close(t.Context())
	os.RemoveAll(old)
	if err != nil {
		t.Fatal(err)
	}
	l.open(t)
	if pending { // acknowledgements not yet written come again: as queued, or as acknowledged
		l.settleUnsure()
	}
	clear(l.m.unsure)
}

// settleUnsure asks the queue which of the unsure acknowledgements a kill undid.
func (l *life) settleUnsure() {
	for _, p := range l.q.st.parts {
		l.q.scan(p, func(lsn uint64, d data, _ []byte) { //nolint:errcheck // no damage here
			n := name{d.epoch, d.seq}
			if samples, ok := l.m.unsure[n]; ok && l.q.st.queued.Contains(lsn) {
				l.m.samples[n] = samples
				l.m.acked -= samples
			}
		})
	}
}

func (l *life) check(t *rapid.T) {
	a := l.q.Account()
	queued := 0
	for _, n := range l.m.samples {
		queued += n
	}
	if a.Produced != uint64(l.m.produced) || a.Queued != uint64(queued) || a.Acknowledged != uint64(l.m.acked) ||
		len(a.Dropped) > 0 || a.Records != uint64(len(l.m.samples)) {
		t.Fatalf("account: got %+v, want %d = %d + %d, %d records", a, l.m.produced, l.m.acked, queued, len(l.m.samples))
	}
}

// TestRandomLife plays an agent, its connections, restarts and kills against lists in memory. In the end
// everything that was appended is acknowledged once.
func TestRandomLife(t *testing.T) {
	root := tempDir(t)
	lives := 0
	rapid.Check(t, func(t *rapid.T) {
		lives++
		l := &life{root: filepath.Join(root, fmt.Sprint(lives)), clock: newClock()}
		l.dir = filepath.Join(l.root, "life0")
		l.m = model{samples: map[name]int{}, unsure: map[name]int{}}
		l.open(t)
		defer func() { l.q.Close(t.Context()) }()
		do := map[string]func(){
			"append": func() { l.append(t) },
			"live":   func() { l.next(t, Live) },
			"backlog": func() {
				l.next(t, Backlog)
			},
			"ack":    func() { l.ack(t) },
			"return": func() { l.giveBack(rapid.SampledFrom([]Lane{Live, Backlog}).Draw(t, "lane")) },
			"wait":   func() { l.clock.add(time.Duration(rapid.IntRange(1, 8000).Draw(t, "seconds")) * time.Second) },
			"flush": func() {
				l.q.mu.Lock()
				defer l.q.mu.Unlock()
				l.q.flush()
			},
			"kill": func() { l.kill(t) },
			"close": func() {
				if err := l.q.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				clear(l.m.unsure)
				l.open(t)
			},
		}
		names := slices.Sorted(maps.Keys(do))
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			do[rapid.SampledFrom(names).Draw(t, "do")]()
			l.check(t)
		}
		l.drain(t)
	})
}

func (l *life) giveBack(lane Lane) {
	l.q.Return(lane)
	clear(l.m.flight[lane])
}

func (l *life) drain(t *rapid.T) {
	l.giveBack(Live)
	l.giveBack(Backlog)
	for _, lane := range []Lane{Live, Backlog, Live} {
		for items := l.q.Next(lane, 7); len(items) > 0; items = l.q.Next(lane, 7) {
			for _, i := range items {
				if err := l.q.Ack(i.Epoch, telemetry.Range{First: i.Seq, Last: i.Seq}); err != nil {
					t.Fatal(err)
				}
				n := name{i.Epoch, i.Seq}
				if _, ok := l.m.samples[n]; !ok {
					t.Fatalf("%v came twice or from nowhere", n)
				}
				l.m.acked += l.m.samples[n]
				delete(l.m.samples, n)
			}
		}
	}
	l.check(t)
	if len(l.m.samples) > 0 {
		t.Fatalf("never handed out: %v", l.m.samples)
	}
}

// TestCheckpointRoundTrip: a state is what its checkpoint says.
func TestCheckpointRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newState()
		lsn := uint64(0)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			lsn += rapid.Uint64Range(1, 3).Draw(t, "gap")
			switch rapid.SampledFrom([]string{"add", "add", "settle", "lose", "cut"}).Draw(t, "do") {
			case "add":
				s.add(lsn, data{epoch: telemetry.Epoch{byte(lsn / 20), 1}, seq: lsn, samples: uint32(lsn % 7), time: int64(lsn)})
			case "settle":
				first := rapid.Uint64Range(0, lsn).Draw(t, "first")
				s.settle(rapid.SampledFrom([]string{"", "size"}).Draw(t, "reason"),
					settlement{first, min(first+3, lsn), rapid.Uint64Range(0, 9).Draw(t, "samples")})
			case "lose":
				s.lose("disk_full", 3)
			case "cut":
				s.cut = true
			}
			s.last = lsn
		}
		got := newState()
		if err := got.apply(lsn+1, s.checkpoint()); err != nil {
			t.Fatal(err)
		}
		s.cut, s.last = true, lsn+1
		if g, w := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", *s); g != w {
			t.Fatalf("got %s\nwant %s", g, w)
		}
	})
}

// FuzzApply: no journal record breaks the account.
func FuzzApply(f *testing.F) {
	s := newState()
	s.add(1, data{epoch: telemetry.Epoch{1}, seq: 1, samples: 5, time: 9})
	s.lose("disk_full", 2)
	f.Add(s.checkpoint())
	f.Add(appendData(nil, 12, data{epoch: telemetry.Epoch{1}, seq: 2, samples: 5, time: 9}, []byte("x")))
	f.Add(appendSettle(nil, 7, "", []settlement{{1, 1, 5}}))
	f.Add(appendLoss(nil, 9, "size", 2))
	checkpoint := s.checkpoint()
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newState()
		if err := s.apply(1, checkpoint); err != nil {
			t.Fatal(err)
		}
		_ = s.apply(5, b)
		sum := s.acknowledged + s.waiting
		for _, n := range s.dropped {
			sum += n
		}
		if sum != s.produced {
			t.Fatalf("%d produced, %d accounted for", s.produced, sum)
		}
	})
}
