package vm

import (
	"sync/atomic"
	"time"
)

// A slotHold acquires and releases a run slot for one executor. It also measures how long the
// executor has had a slot. Only the executor's goroutine may call its methods, except total, which
// any goroutine may call.
type slotHold struct {
	slots   *Slots
	created time.Time
	wake    chan struct{}
	heavy   bool // the executor has run for a whole time slice since it was last idle
	// used is how much of the present time slice the executor had used when it acquired the slot.
	used time.Duration

	// time at which the slot was acquired, in ns since created; 0 while the executor has no slot
	acquired atomic.Int64
	earlier  atomic.Int64 // how long the executor had a slot before the time acquired, in ns
}

func newSlotHold(slots *Slots) *slotHold {
	return &slotHold{slots: slots, created: time.Now(), wake: make(chan struct{}, 1)}
}

func (h *slotHold) held() bool { return h.acquired.Load() != 0 }

// sinceAcquired returns how long ago the slot was acquired.
func (h *slotHold) sinceAcquired() time.Duration {
	return time.Since(h.created) - time.Duration(h.acquired.Load())
}

// acquire blocks until the executor has a slot. It returns at once if the executor has a slot
// already.
func (h *slotHold) acquire() {
	if !h.held() {
		h.slots.acquire(h.wake, h.heavy)
		h.acquired.Store(max(1, int64(time.Since(h.created))))
	}
}

// release releases the slot if the executor has one.
func (h *slotHold) release() {
	if h.held() {
		held := h.sinceAcquired()
		h.used += held
		// must be set before earlier grows: otherwise total could count the time held twice
		h.acquired.Store(0)
		h.earlier.Add(int64(held))
		h.slots.release()
	}
}

// releaseIdle releases the slot because the executor has nothing to do. The executor is light
// afterwards.
func (h *slotHold) releaseIdle() {
	h.release()
	h.heavy, h.used = false, 0
}

// total returns how long the executor has had a slot since the slotHold was made. On other
// goroutines than the executor's, the result can be slightly too small, but never too large.
func (h *slotHold) total() time.Duration {
	earlier := time.Duration(h.earlier.Load())
	if acquired := h.acquired.Load(); acquired != 0 {
		return earlier + time.Since(h.created) - time.Duration(acquired)
	}
	return earlier
}

// acquireForNext makes sure that the executor has a slot before it handles the next message. A
// light executor that has a slot lets waiting executors go first. A heavy executor keeps its slot
// until the end of the time slice, because it has waited longer for the slot.
func (h *slotHold) acquireForNext() {
	if h.held() {
		h.yieldIfWanted(!h.heavy)
	}
	h.acquire()
}

// yieldIfWanted releases the slot and acquires it again if other executors wait for a slot. If
// always is false, it does so only at the end of the time slice.
func (h *slotHold) yieldIfWanted(always bool) {
	if !h.slots.wanted() {
		return
	}
	if h.used+h.sinceAcquired() >= timeSlice {
		h.heavy = true
	} else if !always {
		return
	}
	h.release()
	if h.heavy {
		h.used = 0
	}
	h.acquire()
}
