package inspector

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"moonlark/engine/activity"
	"moonlark/engine/face/web"
)

// contentsTimeout is how long the reading of contents may take.
const contentsTimeout = 3 * time.Second

// contentsHandler serves GET /contents, which returns what modules keep for scripts, such as the tables
// of databases: without a query, a list of all of it, and with ?tab=, &script= and &name= the rows of a
// table: &table= is its name, and &offset= the number of its first row. Nothing can be changed.
func contentsHandler(agent Agent) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.HasMethod(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			web.Fail(w, http.StatusBadRequest, "the query cannot be read")
			return
		}
		if len(query) == 0 {
			web.Reply(w, http.StatusOK, map[string]any{"contents": agent.Contents()})
			return
		}
		offset, err := strconv.ParseUint("0"+query.Get("offset"), 10, 31)
		if err != nil {
			web.Fail(w, http.StatusBadRequest, "offset: want the number of a row")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), contentsTimeout)
		defer cancel()
		from := activity.Source{Tab: query.Get("tab"), Script: query.Get("script"), Name: query.Get("name")}
		page, err := agent.ReadContents(ctx, from, query.Get("table"), int(offset))
		if ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = errors.New("reading takes too long")
		}
		if err != nil {
			web.Fail(w, http.StatusConflict, err.Error())
			return
		}
		web.Reply(w, http.StatusOK, page)
	})
}
