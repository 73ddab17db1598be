package httpserve

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// addHandler makes h answer the requests that match pattern. It raises an error if the pattern is
// wrong, or if another pattern matches the same requests.
func (s *site) addHandler(L *lua.LState, method, pattern string, h http.Handler) {
	if err := s.handle(pattern, h); err != nil {
		L.RaiseError("server:%s: %s", method, err.Error())
	}
}

// location matches the places in Go code that the errors of ServeMux name.
var location = regexp.MustCompile(` \(registered at [^)]*\)`)

// handle is http.ServeMux.Handle, which panics if a pattern is wrong.
func (s *site) handle(pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			text := location.ReplaceAllString(fmt.Sprint(p), "")
			text = strings.TrimSuffix(strings.TrimPrefix(text, "http: "), ":")
			first, _, _ := strings.Cut(text, "\n")
			err = fmt.Errorf("%s", strings.TrimSuffix(first, ":"))
		}
	}()
	s.mux.Handle(pattern, h)
	return nil
}
