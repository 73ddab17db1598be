package host

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// A lease belongs to one goroutine, which calls renew, release and the methods for its time. Any
// goroutine may call held and left.
//
// The hub lets the lease expire when it has not been renewed for ttl. This process counts that time from
// the moment at which it has sent the last renewal, by the monotonic clock, and stops at five sixths of
// it. So it stops before the lease ends, whatever the network does, and whatever time of day the clocks
// show. A machine that sleeps can stop the monotonic clock too. Then only the hub, which refuses the
// next renewal, and the revision of the lease protect what others own now.
type lease struct {
	store Store
	key   string
	value []byte // no other lease ever has the same
	ttl   time.Duration
	now   func() time.Time

	renewed atomic.Pointer[time.Time] // when the last renewal that was successful was sent

	// The fields below belong to the goroutine of the lease.
	revision uint64
	// isUnknown says that it is not known whether the hub got a renewal after the last one that was successful.
	isUnknown bool
}

// take creates the lease. The error wraps ErrTaken if somebody else has it.
func take(ctx context.Context, store Store, key string, value []byte, ttl time.Duration, now func() time.Time) (*lease, error) {
	l := &lease{store: store, key: key, value: value, ttl: ttl, now: now}
	ctx, cancel := context.WithTimeout(ctx, l.timeout())
	defer cancel()
	sent := now()
	revision, err := store.Create(ctx, key, value)
	if err != nil {
		return nil, err
	}
	l.revision = revision
	l.renewed.Store(&sent)
	return l, nil
}

// interval returns how long to wait until the next renewal: a third of ttl, and a little less at random,
// so that the leases of a host are not all renewed at the same moment.
func (l *lease) interval() time.Duration { return l.ttl/3 - rand.N(l.ttl/30) }

// retry returns how long to wait after a renewal that has failed.
func (l *lease) retry() time.Duration { return l.ttl / 15 }

// timeout returns the timeout of one request that changes the lease.
func (l *lease) timeout() time.Duration { return l.ttl / 6 }

// left returns for how long this process may still act as the holder. It is not positive when it may not.
func (l *lease) left() time.Duration { return l.ttl*5/6 - l.now().Sub(*l.renewed.Load()) }

// held reports whether this process may act as the holder.
func (l *lease) held() bool { return l.left() > 0 }

// renew renews the lease. The error is ErrLost if somebody else may have it now.
func (l *lease) renew(ctx context.Context) error {
	err := l.update(ctx)
	if !errors.Is(err, ErrLost) || !l.isUnknown {
		return err
	}
	// the hub may have got an earlier renewal although its answer has not arrived
	ctx, cancel := context.WithTimeout(ctx, l.timeout())
	defer cancel()
	value, revision, readErr := l.store.Read(ctx, l.key)
	switch {
	case errors.Is(readErr, ErrNone):
		return ErrLost
	case readErr != nil:
		return readErr
	case !bytes.Equal(value, l.value) || revision <= l.revision:
		return ErrLost
	}
	l.revision = revision
	return l.update(ctx)
}

func (l *lease) update(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(l.timeout(), l.left()))
	defer cancel()
	sent := l.now()
	revision, err := l.store.Update(ctx, l.key, l.value, l.revision)
	switch {
	case err == nil:
		l.revision, l.isUnknown = revision, false
		l.renewed.Store(&sent)
	case !errors.Is(err, ErrLost):
		l.isUnknown = true
	}
	return err
}

// release deletes the lease, so that others may take it at once. If it cannot, the lease expires.
func (l *lease) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout())
	defer cancel()
	return l.store.Delete(ctx, l.key, l.revision)
}

// lose makes held report false from now on.
func (l *lease) lose() {
	long := l.now().Add(-l.ttl)
	l.renewed.Store(&long)
}
