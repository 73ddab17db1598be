package web

import (
	"math"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnAnswerThatIsNoJSONIsAnError(t *testing.T) {
	w := httptest.NewRecorder()
	Reply(w, 200, map[string]float64{"level": math.Inf(1)})
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"ok":false`) || !strings.Contains(w.Body.String(), "+Inf") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
