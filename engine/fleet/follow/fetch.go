package follow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
)

const (
	maxRequests = 4        // requests for chunks at once
	minWait     = 64 << 10 // bytes to fetch before which a device waits
)

// fetching is a bundle that is being fetched.
type fetching struct {
	digest string
	cancel context.CancelFunc
}

// A fetchResult is how an attempt to fetch a bundle has ended.
type fetchResult struct {
	digest string
	name   string
	files  int // how many files are complete now that were not before
	err    error
}

// fetchFailure says when a bundle is fetched again that could not be fetched.
type fetchFailure struct {
	digest string // "" if nothing has failed
	why    string
	at     time.Time // of the next attempt
	pause  backoff.Backoff
}

// isDue reports whether it is time for another attempt.
func (f *fetchFailure) isDue(now time.Time) bool { return f.digest != "" && !now.Before(f.at) }

// clear forgets the failure.
func (f *fetchFailure) clear() {
	f.digest, f.why, f.at = "", "", time.Time{}
	f.pause.Reset()
}

// fetch begins to fetch a bundle, and to put it into the store with the order, unless that is going on,
// or has failed a short time ago.
func (f *Follower) fetch(ctx context.Context, b *bundle.Bundle, order fleet.Order) {
	if f.fetching != nil && f.fetching.digest == b.Digest {
		return // choose is called at its end, and sees another order
	}
	f.stopFetching()
	if f.failed.digest != b.Digest {
		f.failed.clear()
	} else if !f.failed.isDue(time.Now()) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	f.fetching = &fetching{digest: b.Digest, cancel: cancel}
	go func() {
		r := fetchResult{digest: b.Digest, name: nameOf(b)}
		r.files, r.err = f.fetchNow(ctx, b, order)
		f.fetched <- r
	}()
}

// stopFetching ends what fetch has begun.
func (f *Follower) stopFetching() {
	if f.fetching != nil {
		f.fetching.cancel()
		<-f.fetched
		f.fetching = nil
	}
}

// finishFetching handles the end of an attempt.
func (f *Follower) finishFetching(ctx context.Context, r fetchResult) {
	f.fetching.cancel()
	f.fetching = nil
	if r.files > 0 || r.err == nil {
		f.failed.clear()
	}
	if r.err == nil {
		f.complainOnce(aboutFetching, "")
		f.installed = installed{r.digest, time.Now()}
	} else if ctx.Err() == nil {
		f.failed.digest, f.failed.why = r.digest, r.err.Error()
		f.failed.at = time.Now().Add(f.failed.pause.Next())
		if !errors.Is(r.err, ErrOffline) { // which showLink logs
			f.complainOnce(aboutFetching, r.name+": "+cut(r.err.Error()))
		}
	}
	f.choose(ctx)
}

// fetchNow fetches what the store does not have of a bundle, and puts the bundle into the store. It
// returns how many files were fetched that the store still has.
func (f *Follower) fetchNow(ctx context.Context, b *bundle.Bundle, order fleet.Order) (files int, err error) {
	d, err := f.store.Download(b)
	if err != nil {
		return 0, err
	}
	if len(d.Missing) > 0 {
		f.log(slog.LevelInfo, "fetching "+nameOf(b))
	}
	if size(d) >= minWait && f.opts.FetchWait > 0 {
		if err := sleep(ctx, rand.N(f.opts.FetchWait)); err != nil {
			return 0, err
		}
	}
	files, err = f.fetchFiles(ctx, d)
	if err == nil && ctx.Err() == nil {
		err = d.Install(order)
	}
	var refusal *bundle.Refusal
	if errors.As(err, &refusal) || isFull(err) { // the Device needs the space for its state
		return 0, errors.Join(err, f.store.DropBlobs())
	}
	return files, err
}

// size returns how many bytes of the files are missing.
func size(d *fleet.Download) (sum int64) {
	for _, p := range d.Missing {
		sum += p.Size
	}
	return sum
}

// A chunk is the answer to a request.
type chunk struct {
	content []byte
	err     error
}

// fetchFiles fetches the missing files. It asks for up to maxRequests chunks at once, and writes them in
// their order.
func (f *Follower) fetchFiles(ctx context.Context, d *fleet.Download) (files int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	// one request more is going on: that whose answer is awaited
	answers := make(chan chan chunk, maxRequests-1)
	wg.Go(func() {
		for _, p := range d.Missing {
			for n := p.First; n < p.Chunks(); n++ {
				answer := make(chan chunk, 1)
				select {
				case answers <- answer:
				case <-ctx.Done():
					return
				}
				wg.Go(func() { answer <- f.fetchChunk(ctx, p, n) })
			}
		}
	})
	for _, p := range d.Missing {
		if err := writeFile(ctx, d, p, answers); err != nil {
			return files, err
		}
		files++
	}
	return files, nil
}

// fetchChunk asks the hub for a chunk.
func (f *Follower) fetchChunk(ctx context.Context, p fleet.Part, n int) chunk {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	content, err := f.opts.Carrier.Chunk(ctx, p.SHA256, n)
	if err != nil {
		return chunk{err: fmt.Errorf("%s: chunk %d: %w", p.Path, n, err)}
	}
	f.noteHeard()
	return chunk{content: content}
}

// writeFile writes a file, whose chunks are the next answers.
func writeFile(ctx context.Context, d *fleet.Download, p fleet.Part, answers <-chan chan chunk) error {
	blob, err := d.Open(p)
	if err != nil {
		return err
	}
	defer blob.Close()
	for range p.Chunks() - p.First {
		var c chunk
		select {
		case answer := <-answers:
			c = <-answer // the request ends with ctx
		case <-ctx.Done():
			return ctx.Err()
		}
		if c.err != nil {
			return c.err
		}
		if err := blob.Write(c.content); err != nil {
			return err
		}
	}
	return blob.Finish()
}
