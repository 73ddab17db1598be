package backoff

import (
	"slices"
	"testing"
	"time"
)

func TestDelayDoublesUpToMax(t *testing.T) {
	b := Backoff{First: time.Second, Max: 5 * time.Second}
	var got []time.Duration
	for range 4 {
		got = append(got, b.Next())
	}
	b.Reset()
	got = append(got, b.Next())
	want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, time.Second}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestJitterShortensDelaysByUpToHalf(t *testing.T) {
	different := false
	for range 100 {
		b := Backoff{First: time.Second, Max: time.Minute, Jitter: true}
		first, second := b.Next(), b.Next()
		if first < time.Second/2 || first > time.Second || second < time.Second || second > 2*time.Second {
			t.Fatalf("pauses of %v and %v", first, second)
		}
		different = different || first != time.Second/2
	}
	if !different {
		t.Error("all pauses were the same")
	}
}
