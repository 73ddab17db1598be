package control

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"moonlark/engine"
)

// login sends a token to /login and returns the status and the cookie of the response.
func (h *fixture) login(token string) (int, *http.Cookie) {
	h.t.Helper()
	answer, err := h.client.Post(h.URL()+"/login", "application/json", strings.NewReader(`{"token": "`+token+`"}`))
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	for _, cookie := range answer.Cookies() {
		return answer.StatusCode, cookie
	}
	return answer.StatusCode, nil
}

// port returns the port of the server.
func (h *fixture) port() string {
	h.t.Helper()
	u, err := url.Parse(h.URL())
	if err != nil {
		h.t.Fatal(err)
	}
	return u.Port()
}

func TestTheCookieIsSecureIfThePageIs(t *testing.T) {
	h := open(t, New(Options{Addr: "127.0.0.1:0", Token: "everything", Names: []string{"moon.example"}}))
	for origin, want := range map[string]bool{"": false, "http://moon.example": false, "https://moon.example": true} {
		r := httptest.NewRequest("POST", "http://moon.example/login", strings.NewReader(`{"token": "everything"}`))
		r.Header.Set("Content-Type", "application/json")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		if got := w.Result().Cookies(); len(got) != 1 || got[0].Secure != want {
			t.Errorf("origin %q: got %d and the cookies %v", origin, w.Code, got)
		}
	}
}

func TestASessionHasTheRightOfItsToken(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0", Token: "everything", ScreenToken: "only the screen"})
	c.Mount(Mount{Path: "/screen/doc", Handler: echo, ForScreen: true})
	c.Mount(Mount{Path: "/events", Handler: echo})
	c.Mount(Mount{Path: "/page", Handler: echo, Public: true})
	h := open(t, c)
	if status, cookie := h.login("wrong"); status != http.StatusUnauthorized || cookie != nil {
		t.Errorf("a wrong token: %d %v", status, cookie)
	}
	name := sessionCookie + "_" + h.port()
	cookies := map[string]string{"none": "", "forged": name + "=full.00.00", "long": name + "=full." + strings.Repeat("0", 64)}
	for right, token := range map[string]string{"full": "everything", "screen": "only the screen"} {
		status, cookie := h.login(token)
		if status != http.StatusAccepted || cookie == nil || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" {
			t.Fatalf("%s: %d %v", right, status, cookie)
		}
		if strings.Contains(cookie.Value, token) {
			t.Error("the cookie contains the token")
		}
		cookies[right] = cookie.Name + "=" + cookie.Value
	}
	cookies["raised"] = strings.Replace(cookies["screen"], "=screen.", "=full.", 1)
	for _, row := range []struct {
		cookie, method, path string
		want                 int
	}{
		{"none", "GET", "/events", 401}, {"none", "GET", "/page", 200}, {"none", "POST", "/page", 401},
		{"forged", "GET", "/events", 401}, {"long", "GET", "/events", 401}, {"raised", "GET", "/events", 401},
		{"raised", "GET", "/screen/doc", 401},
		{"full", "GET", "/events", 200}, {"full", "GET", "/screen/doc", 200}, {"full", "GET", "/log", 200},
		{"screen", "GET", "/events", 403}, {"screen", "GET", "/screen/doc", 200}, {"screen", "GET", "/log", 403},
		{"screen", "POST", "/say", 403}, {"screen", "POST", "/screen/doc", 200},
	} {
		header := []string{}
		if cookies[row.cookie] != "" {
			header = append(header, "Cookie", cookies[row.cookie])
		}
		if status, text := h.request(row.method, row.path, "", header...); status != row.want {
			t.Errorf("%s %s with the cookie %s: %d %s, want %d", row.method, row.path, row.cookie, status, text, row.want)
		}
	}
	status, _ := h.request("GET", "/screen/doc", "", "Authorization", "Bearer only the screen")
	if status != http.StatusOK {
		t.Errorf("the screen's token in a header: %d", status)
	}
}

// A page that has been open for longer than a session lasts still gets its stream.
func TestAStreamRenewsTheSession(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0", Token: "everything", ScreenToken: "only the screen"})
	c.Mount(Mount{Path: "/screen/events", Handler: echo, Streams: true, ForScreen: true})
	c.Mount(Mount{Path: "/screen/doc", Handler: echo, ForScreen: true})
	h := open(t, c)
	_, session := h.login("only the screen")
	get := func(path, cookie string) []*http.Cookie {
		r, err := http.NewRequest(http.MethodGet, h.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Authorization", "Bearer only the screen")
		answer, err := h.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.Cookies()
	}
	renewed := get("/screen/events", session.Name+"="+session.Value)
	if len(renewed) != 1 || renewed[0].Raw != session.Raw || renewed[0].MaxAge != 30*24*3600 {
		t.Errorf("a stream with the session: %v, want the cookie %v again", renewed, session)
	}
	if got := get("/screen/doc", session.Name+"="+session.Value); len(got) > 0 {
		t.Errorf("another request: %v", got)
	}
	if got := get("/screen/events", session.Name+"="+session.Value+"0"); len(got) > 0 {
		t.Errorf("a stream without a valid session: %v", got)
	}
}

func TestProgramsOnOneHostHaveSessionsWithDifferentNames(t *testing.T) {
	var names []string
	for range 2 {
		h := open(t, New(Options{Addr: "127.0.0.1:0", Token: "everything"}))
		_, cookie := h.login("everything")
		if cookie == nil {
			t.Fatal("no cookie")
		}
		names = append(names, cookie.Name)
	}
	if names[0] == names[1] {
		t.Errorf("both cookies have the name %s", names[0])
	}
	r := httptest.NewRequest(http.MethodGet, "https://kiosk.example/inspect", nil)
	if name := cookieName(r); name != sessionCookie {
		t.Errorf("without a port: %s", name)
	}
}

func TestALinkOfAnotherSiteMayOpenAPageAndNothingElse(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0"})
	c.Mount(Mount{Path: "/page", Handler: echo, Public: true})
	c.Mount(Mount{Path: "/events", Handler: echo})
	h := open(t, c)
	for _, row := range []struct {
		method, path, mode, dest string
		want                     int
	}{
		{"GET", "/page", "navigate", "document", 200}, {"GET", "/page", "navigate", "iframe", 403},
		{"GET", "/page", "no-cors", "script", 403}, {"POST", "/page", "navigate", "document", 403},
		{"GET", "/events", "navigate", "document", 403}, {"GET", "/log", "navigate", "document", 403},
	} {
		status, _ := h.request(row.method, row.path, "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", row.mode, "Sec-Fetch-Dest", row.dest)
		if status != row.want {
			t.Errorf("%+v: got %d", row, status)
		}
	}
}

func TestWithoutATokenThereIsNothingToLogInTo(t *testing.T) {
	h := start(t, "", Options{}, engine.Options{})
	if status, cookie := h.login("x"); status != http.StatusAccepted || cookie != nil {
		t.Errorf("%d %v", status, cookie)
	}
}
