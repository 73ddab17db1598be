package httpserve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"moonlark/luastd"
)

// An exchange is a request on its way to the script and back. Its methods run on the goroutine of
// the request, unless their comment says otherwise.
type exchange struct {
	front   *front
	site    *site // the site that the request is passed to
	again   bool  // the site has gone before it took the request
	hasBody bool  // body has been read
	body    []byte
	budget  *luastd.Budget // of the script's generation that the request is passed to
	held    int            // number of bytes that count in budget

	request  *http.Request // for the task of the function
	answered chan *answer  // has room for the answer

	state exchangeState // guarded by site.mu

	mu   sync.Mutex // guards left
	left bool       // the goroutine of the request has ended
}

// An exchangeState says where an exchange is.
type exchangeState uint8

const (
	stateOutside exchangeState = iota // only the goroutine of the request has it
	stateWaiting                      // it is in site.waiting
	stateTaken                        // the executor has it, and will answer it
)

type exchangeKey struct{}

// exchangeOf returns the exchange of a request that a site has passed to one of its handlers.
func exchangeOf(r *http.Request) *exchange { return r.Context().Value(exchangeKey{}).(*exchange) }

// serve answers the request with s. It returns false if s has gone before it took the request.
func (x *exchange) serve(s *site, w http.ResponseWriter, r *http.Request) bool {
	x.site, x.again, x.state = s, false, stateOutside
	if !x.moveTo(s.m.rt.Budget()) {
		bodiesTooLong(w).write(w, r)
		return true
	}
	// Deadlines hold for the whole connection, also that of the request before.
	control := http.NewResponseController(w)
	control.SetWriteDeadline(time.Time{})
	if !x.hasBody && r.ContentLength != 0 {
		// A body that nobody reads, because the request is refused, must come in this time.
		control.SetReadDeadline(time.Now().Add(time.Second))
	}
	if refused := s.settings.guard.check(r); refused != nil {
		refused.write(w, r)
		return true
	}
	s.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	return !x.again
}

// ServeHTTP passes the request to the function of the route, waits for the answer, and writes it.
func (rt *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r)
	if refused := x.readBody(w, r); refused != nil {
		refused.write(w, r)
		return
	}
	x.request = r
	if refused := x.site.offer(rt, x); refused != nil {
		refused.write(w, r)
		return
	}
	if x.again {
		return
	}
	timeout := time.NewTimer(x.site.settings.timeout + handover)
	defer timeout.Stop()
	gone := x.site.gone
	take := func(a *answer) {
		if x.again = a.again; !x.again {
			a.write(w, r)
		}
	}
	for {
		select {
		case a := <-x.answered:
			take(a)
			return
		case <-gone:
			if x.site.withdraw(x) {
				x.again = true
				return
			}
			gone = nil // the function runs, although the script has been replaced
		case <-x.site.ended:
			a := busy("the script has been stopped")
			select {
			case a = <-x.answered: // just before it was stopped
			default:
			}
			take(a)
			return
		case <-timeout.C: // the executor is too busy to end the task
			x.site.withdraw(x)
			refusal(http.StatusGatewayTimeout, "the script is busy").write(w, r)
			return
		case <-r.Context().Done(): // nobody waits for the answer any more
			x.site.withdraw(x)
			return
		}
	}
}

// errBudget says that the Budget of the script has no room for the body of a request.
var errBudget = errors.New(luastd.BudgetReason)

// readBody reads the body of the request, once. It returns an answer if that is not possible.
func (x *exchange) readBody(w http.ResponseWriter, r *http.Request) *answer {
	if x.hasBody {
		return nil
	}
	max := x.site.settings.maxBody
	if r.ContentLength > int64(max) {
		return tooLarge(w)
	}
	control := http.NewResponseController(w)
	defer func() {
		if x.hasBody {
			control.SetReadDeadline(time.Time{})
		} else {
			x.release() // so that other requests have room
			control.SetReadDeadline(time.Now().Add(time.Second))
		}
	}()
	control.SetReadDeadline(time.Now().Add(x.site.settings.timeout))
	body, err := io.ReadAll(&countedReader{http.MaxBytesReader(w, r.Body, int64(max)), x})
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(w)
	case err == errBudget:
		return bodiesTooLong(w)
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return refusal(http.StatusRequestTimeout, "the body took too long")
	case err != nil:
		return refusal(http.StatusBadRequest, "the body is not complete")
	}
	x.body, x.hasBody = body, true
	return nil
}

func tooLarge(w http.ResponseWriter) *answer {
	w.Header().Set("Connection", "close")
	return refusal(http.StatusRequestEntityTooLarge, "the body is too long")
}

func bodiesTooLong(w http.ResponseWriter) *answer {
	w.Header().Set("Connection", "close")
	return busy("there are too many long bodies")
}

// A countedReader counts the bytes that it reads in the Budget.
type countedReader struct {
	io.Reader
	x *exchange
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if !c.x.budget.Take(n) {
		return 0, errBudget
	}
	c.x.held += n
	return n, err
}

// moveTo makes the body count in b, in place of the Budget of an earlier generation. It returns
// false if b has no room for it.
func (x *exchange) moveTo(b *luastd.Budget) bool {
	if x.budget == b {
		return true
	}
	held := x.held
	x.release()
	x.budget = b
	if !b.Take(held) {
		return false
	}
	x.held = held
	return true
}

// release makes the body not count any more.
func (x *exchange) release() {
	if x.held > 0 {
		x.budget.Give(x.held)
		x.held = 0
	}
}
