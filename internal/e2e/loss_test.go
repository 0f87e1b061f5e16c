package e2e

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/testkit"
)

// TestCollectorKilled kills the collector under load, and starts it again after a while: what was measured meanwhile
// is all there, once, and the ledger knows every second.
func TestCollectorKilled(t *testing.T) {
	t.Parallel()
	w, f := newLoad(t)
	w.collector.kill()
	killed := time.Now()
	time.Sleep(outage())
	if a := w.now(); a.Queued < uint64(sum(f.count()))/2 || a.lost() > 0 {
		t.Errorf("got %+v after %s without a collector, want all of that time queued and nothing dropped", a, outage())
	}
	w.startCollector()
	back := time.Now()
	f.moving(3)
	f.compare(nil)
	f.known(killed, back)
	w.nothingDropped()
}

func (w *world) nothingDropped() {
	w.Helper()
	if a := w.now(); a.lost() != 0 {
		w.Errorf("got %+v, want nothing dropped", a)
	}
}

// TestCollectorKilledOften kills the collector at random moments of its work.
func TestCollectorKilledOften(t *testing.T) {
	t.Parallel()
	w, f := newLoad(t)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	for range 12 {
		time.Sleep(time.Duration(random.Int64N(int64(2 * time.Second))))
		w.collector.kill()
		w.startCollector()
	}
	f.moving(3)
	f.compare(nil)
	w.nothingDropped()
}

// TestKilledBetween kills the collector at the places where it has promised one thing and not yet done the next.
// No code is prepared for this: what stands behind the place is held up from outside until the kill.
func TestKilledBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.startFleet()
	acks := w.startProxy()
	w.collectors = []string{proxyAddr}
	w.startCollector()
	w.apply(f.inventory())
	w.startAgent()
	f.moving(5)

	// Between the journal and the acknowledgement: it is journaled and cannot be said.
	accepted := w.accepted()
	acks.hold(true)
	before := w.now()
	eventually(t, 20*time.Second, "more is journaled", func() bool { return w.accepted() > accepted+5000 })
	if a := w.now(); a.Acknowledged-before.Acknowledged > 3000 {
		t.Errorf("got %d acknowledged through a proxy that holds acknowledgements back", a.Acknowledged-before.Acknowledged)
	}
	w.collector.kill()
	acks.hold(false)
	w.startCollector()
	f.moving(3)
	f.compare(nil)

	// Between the acknowledgement and the cursors: the state store is locked, so that nothing there advances.
	unlock := w.lockState()
	state, samples := w.cursor("state"), w.cursor("samples")
	before = w.now()
	eventually(t, 20*time.Second, "more is acknowledged", func() bool {
		a, err := w.account()
		return err == nil && a.Acknowledged > before.Acknowledged+5000
	})
	w.collector.kill()
	if s, m := w.cursor("state"), w.cursor("samples"); s != state || m != samples {
		t.Errorf("got cursors %d and %d behind a lock, want %d and %d", s, m, state, samples)
	}
	unlock()
	w.startCollector()
	f.moving(3)
	f.compare(nil)
	w.nothingDropped()
}

// accepted is how many samples the collector has journaled since it started.
func (w *world) accepted() uint64 {
	w.Helper()
	all, err := w.metrics(httpAddr)
	if err != nil {
		w.Fatal(err)
	}
	return all["ninewatch_collector_ingest_samples_total"]
}

// cursor is how far a reader of the ingest journal has come.
func (w *world) cursor(name string) (lsn int64) {
	w.Helper()
	if err := w.state().QueryRow(`SELECT lsn FROM cursors WHERE name = ?`, name).Scan(&lsn); err != nil {
		w.Fatal(err)
	}
	return lsn
}

// lockState takes the write lock of the state store, as an administrator with a shell might.
func (w *world) lockState() (unlock func()) {
	w.Helper()
	c, err := w.state().Conn(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	if _, err := c.ExecContext(context.Background(), `BEGIN IMMEDIATE`); err != nil {
		w.Fatal(err)
	}
	return func() {
		if _, err := c.ExecContext(context.Background(), `ROLLBACK`); err != nil {
			w.Error(err)
		}
		c.Close() //nolint:errcheck // back to the pool
	}
}

// TestDiskFull fills the disk of the collector, first to its reserve, then to the last byte: the agent keeps its
// data, and all of it is there after space returns, without a restart.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.data = filepath.Join(w.dir, "disk")
	if err := os.Mkdir(w.data, 0o700); err != nil {
		t.Fatal(err)
	}
	err := unix.Mount("ninewatch-e2e", w.data, "tmpfs", 0, "size=192m")
	testkit.Need(t, err == nil, "the right to mount a tmpfs")
	t.Cleanup(func() { unix.Unmount(w.data, unix.MNT_DETACH) }) //nolint:errcheck // a leftover goes with the namespace
	w.reserve = "32MiB"
	f := w.startFleet()
	w.startCollector()
	w.apply(f.inventory())
	w.startAgent()
	f.moving(5)
	ballast := filepath.Join(w.data, "ballast")
	began := time.Now()
	for _, left := range []int64{16 << 20, 0} {
		w.fill(ballast, left)
		full := w.now()
		time.Sleep(outage())
		a := w.now()
		produced := a.Produced - full.Produced
		if grown := a.Queued - full.Queued; grown < produced/2 || a.lost() > 0 {
			t.Errorf("with %d bytes free: got %+v after %+v, want most of what came queued and nothing dropped", left, a, full)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		f.moving(3)
	}
	f.compare(nil)
	f.known(began, time.Now().Add(-margin))
	w.nothingDropped()
}

// fill makes a file that leaves so many bytes of the disk.
func (w *world) fill(path string, left int64) {
	w.Helper()
	var s unix.Statfs_t
	if err := unix.Statfs(w.data, &s); err != nil {
		w.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		w.Fatal(err)
	}
	defer file.Close()
	size := int64(s.Bavail)*s.Bsize - left
	if err := unix.Fallocate(int(file.Fd()), 0, 0, size); err != nil && err != syscall.ENOSPC {
		w.Fatal(err)
	}
	if left == 0 { // what was free meanwhile
		for _, err := file.Seek(0, 2); err == nil; _, err = file.Write(make([]byte, 4096)) {
		}
	}
}
