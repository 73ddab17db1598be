package http

import (
	"time"

	"moonlark/engine/activity"
	"moonlark/engine/safetext"
)

// tab shows the requests of the scripts, without headers, bodies, passwords and queries.
var tab = activity.Tab{
	ID: "http", Title: "HTTP", About: "No script has sent a request yet.",
	Columns: []activity.Column{
		{Name: "method"}, {Name: "url"}, {Name: "status", Unit: activity.Number}, {Name: "bytes", Unit: activity.Sum}, {Name: "seconds", Unit: activity.Seconds}, {Name: "error"},
	},
}

// show shows the call, which has ended with the answer a or with err.
func (c *call) show(a *answer, err error) {
	c.m.rt.ShowActivity(&tab, func() []any {
		values := []any{c.r.method, shown(c.r.url), nil, nil, time.Since(c.begun).Seconds(), nil}
		if err != nil {
			values[5] = safetext.Line(explain(err, c.r.url.Host).Error())
			return values
		}
		values[2] = a.status
		if a.stream == nil {
			values[3] = int64(len(a.body)) + a.saved
		}
		return values
	})
}
