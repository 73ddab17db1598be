package work

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

func TestAResultIsKeptForTenMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.worker("w1", 1, echo)
		ask := func(call, args string, try int) string {
			replies, err := f.hub.Offer(t.Context(), "often", Request{Call: call, Left: time.Second, Try: try, Args: []byte(args)})
			if err != nil {
				t.Fatal(err)
			}
			r := <-replies
			if r.Kind == Accepted {
				if err := r.Confirm(); err != nil {
					t.Fatal(err)
				}
				r = <-replies
			}
			return r.Result.Text
		}
		want(t, "result", ask("a", "1", 1), "1")
		time.Sleep(keepTime - time.Second)
		want(t, "result", ask("a", "1", 2), "1")
		want(t, "calls", f.runs(), "[w1:1]")
		want(t, "result with other arguments", ask("a", "2", 1), "2")
		time.Sleep(time.Second)
		want(t, "result", ask("a", "1", 3), "1")
		want(t, "calls", f.runs(), "[w1:1 w1:2 w1:1]")
	})
}

func TestTheKeptResultsAreBounded(t *testing.T) {
	t.Parallel()
	k := newKept()
	large := Reply{Kind: Done, Result: tool.Result{Text: strings.Repeat("x", tool.MaxResult)}}
	for i := range 200 {
		key := keyOf("often", Request{Call: fmt.Sprint(i)})
		if c := k.begin(key, nil); c.state != unknown {
			t.Fatalf("call %d is known", i)
		}
		k.end(key, large)
	}
	if k.bytes > maxKeptBytes || len(k.calls) != len(k.ended) || len(k.calls) < 100 {
		t.Errorf("%d results with %d bytes are kept, of %d calls", len(k.ended), k.bytes, len(k.calls))
	}
	if c := k.find(keyOf("often", Request{Call: "199"}), nil); c.state != hasResult {
		t.Error("the newest result is not kept")
	}
}
