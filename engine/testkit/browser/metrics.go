package browser

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// Metrics are what a page costs.
type Metrics struct {
	Heap      float64 // memory of the objects of JavaScript after garbage collection, in bytes
	Nodes     float64 // number of DOM nodes, including those that only scripts refer to
	Listeners float64 // number of event listeners
	CPU       float64 // CPU time of the main thread of the page, in seconds
}

// Metrics returns what the page costs now.
func (b *Tab) Metrics() Metrics {
	b.t.Helper()
	for range 2 { // the first collection may leave objects whose finalizers it has called
		if _, err := chromedp.Call(b.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			b.t.Fatal(err)
		}
	}
	return b.metrics()
}

// CPU returns the CPU time that the main thread of the page has used, in seconds.
func (b *Tab) CPU() float64 {
	b.t.Helper()
	return b.metrics().CPU
}

func (b *Tab) metrics() Metrics {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		b.t.Fatal(err)
	}
	result, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, m := range result.Metrics {
		all[m.Name] = m.Value
	}
	return Metrics{Heap: all["JSHeapUsedSize"], Nodes: all["Nodes"], Listeners: all["JSEventListeners"], CPU: all["ThreadTime"]}
}
