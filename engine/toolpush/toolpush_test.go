package toolpush_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/apikey"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
	"moonlark/engine/tool"
	"moonlark/engine/toolexport"
	"moonlark/engine/toolpush"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An account is a fake ElevenLabs account with an agent, agent_1.
type account struct {
	*resttest.API
	t    *testing.T
	opts toolpush.Options
}

func newAccount(t *testing.T, specs ...*tool.Spec) *account {
	agent := func(id, name, tools string) string {
		return `{"agent_id":"` + id + `","name":"` + name + `","metadata":{"created_at_unix_secs":1,"updated_at_unix_secs":2},"conversation_config":{"agent":{"prompt":{"tool_ids":[` + tools + `]}}}}`
	}
	a := &account{t: t, API: &resttest.API{Key: "sk_secret", Agents: map[string]string{"agent_1": agent("agent_1", "Butler", ""), "agent_2": agent("agent_2", "Waiter", "")}}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &rest.Client{Host: resttest.Serve(t, a.API).URL, Key: apikey.New("sk_secret"), HTTP: &http.Client{Transport: transport}}
	a.opts = toolpush.Options{Client: client, Agent: "agent_1", Tools: specs}
	return a
}

// addTool adds a tool with this id and definition to the account, and gives it to the agents.
func (a *account) addTool(id, config string, agents ...string) {
	if a.Tools == nil {
		a.Tools = map[string]string{}
	}
	a.Tools[id] = `{"id":"` + id + `","usage_stats":{"avg_latency_secs":0},"access_info":{"is_creator":true,"creator_name":"","creator_email":"","role":"admin"},"tool_config":` + config + `}`
	for _, agent := range agents {
		a.Agents[agent] = strings.Replace(strings.Replace(a.Agents[agent], `"tool_ids":[`, `"tool_ids":["`+id+`",`, 1), ",]", "]", 1)
	}
}

func (a *account) plan() *toolpush.Plan {
	a.t.Helper()
	p, err := toolpush.New(a.t.Context(), a.opts)
	if err != nil {
		a.t.Fatal(err)
	}
	return p
}

// push makes a plan and carries it out. It returns what was done.
func (a *account) push() (done []string, err error) {
	a.t.Helper()
	err = a.plan().Apply(a.t.Context(), func(text, note string) { done = append(done, strings.TrimSuffix(text+": "+note, ": ")) })
	return done, err
}

// actions lists the steps of a plan, such as "create set_light".
func actions(p *toolpush.Plan) string {
	var all []string
	for _, s := range p.Steps {
		all = append(all, strings.TrimSuffix(fmt.Sprintf("%s %s (%s)", s.Action, s.Name, s.Note), " ()"))
	}
	return strings.Join(all, "; ")
}

func (a *account) wantActions(want string) {
	a.t.Helper()
	if got := actions(a.plan()); got != want {
		a.t.Errorf("the plan is %q, want %q", got, want)
	}
}

func light() *tool.Spec {
	return &tool.Spec{Name: "set_light", Description: "Switches a light", Source: "lights.lua:3", Parameters: &tool.Schema{
		Type: "object", Required: []string{"room", "on"}, Properties: []tool.Property{
			{Name: "room", Schema: &tool.Schema{Type: "string", Description: "which", Enum: []string{"hall", "kitchen"}}},
			{Name: "on", Schema: &tool.Schema{Type: "boolean", Description: "true for on"}},
			{Name: "level", Schema: &tool.Schema{Type: "integer", Description: "how bright", Minimum: new(1.0)}},
			{Name: "times", Schema: &tool.Schema{Type: "array", Description: "when", Items: &tool.Schema{Type: "string", Format: "time"}}},
		},
	}}
}

func clock() *tool.Spec {
	return &tool.Spec{Name: "get_time", Description: "Tells the time\n", Source: "clock.lua:1"}
}

// made is the definition of a tool that Moonlark has made.
const made = `{"type":"client","name":"old","description":"An old one","dynamic_variables":{"dynamic_variable_placeholders":{"moonlark_script":"old.lua"}}}`

func TestToolsAreCreatedAndAttachedOnce(t *testing.T) {
	a := newAccount(t, light(), clock())
	a.wantActions("create set_light; create get_time")
	done, err := a.push()
	if want := []string{"create set_light", "create get_time", "attach set_light, get_time"}; err != nil || !slices.Equal(done, want) {
		t.Fatalf("done: %q, %v", done, err)
	}
	if ids := a.ToolIDs("agent_1"); !slices.Equal(ids, []string{"tool_new_1", "tool_new_2"}) {
		t.Errorf("the agent has %v", ids)
	}
	requests := len(a.Requests())
	a.wantActions("same set_light; same get_time")
	if done, err := a.push(); len(done) > 0 || err != nil {
		t.Errorf("the second push does %q, %v", done, err)
	}
	for _, request := range a.Requests()[requests:] {
		if !strings.HasPrefix(request, "GET ") {
			t.Errorf("the second push requests %s", request)
		}
	}
}

func TestOnlyDifferencesAreUpdatedAndOtherSettingsStay(t *testing.T) {
	spec := light()
	a := newAccount(t, spec)
	a.addTool("tool_1", `{"type":"client","name":"set_light","description":"Switches a lamp","response_timeout_secs":20,"expects_response":true,"tool_error_handling_mode":"passthrough",
		"execution_mode":"async","assignments":[],"dynamic_variables":{"dynamic_variable_placeholders":{"user":"me"}},
		"parameters":{"type":"object","required":["on","room"],"description":"","properties":{
			"room":{"type":"string","dynamic_variable":"current_room","description":""},
			"on":{"type":"boolean","description":"true for on","is_omitted":false,"constant_value":"","enum":null},
			"level":{"type":"integer","description":"how bright (at least 1)"},
			"times":{"type":"array","description":"when","items":{"type":"string","description":"times (a time such as 18:30)","is_omitted":false}}}}}`, "agent_1", "agent_2")
	p := a.plan()
	if got, want := actions(p), "update set_light (also used by Waiter)"; got != want {
		t.Errorf("the plan is %q, want %q", got, want)
	}
	var changed []string
	for line := range strings.Lines(p.Steps[0].Diff) {
		if line[0] == '-' || line[0] == '+' {
			changed = append(changed, strings.TrimSpace(line))
		}
	}
	// what the site has set for the room stays
	want := []string{`-  "description": "Switches a lamp",`, `+  "description": "Switches a light",`}
	if !slices.Equal(changed, want) {
		t.Errorf("the diff is\n%s", p.Steps[0].Diff)
	}
	if done, err := a.push(); err != nil || !slices.Equal(done, []string{"update set_light"}) {
		t.Errorf("done: %q, %v", done, err)
	}
	for _, part := range []string{`"execution_mode":"async"`, `"user":"me"`, `"dynamic_variable":"current_room"`, `"description":"Switches a light"`} {
		if !strings.Contains(a.Tool("tool_1"), part) {
			t.Errorf("the tool lacks %s: %s", part, a.Tool("tool_1"))
		}
	}
	if strings.Contains(a.Tool("tool_1"), "moonlark_script") {
		t.Error("a tool that somebody else has made is marked")
	}
	a.wantActions("same set_light")
}

func TestAToolOfAnInterruptedPushIsUsedAgain(t *testing.T) {
	a := newAccount(t, light())
	a.Fail = func(r *http.Request) *resttest.Refusal {
		if r.Method == http.MethodPatch {
			return &resttest.Refusal{Status: 403, Body: `{"detail":"Forbidden"}`}
		}
		return nil
	}
	done, err := a.push()
	var interrupted *toolpush.InterruptedError
	var refused *rest.Error
	if !errors.As(err, &interrupted) || !errors.As(err, &refused) || refused.Status != 403 || !slices.Equal(interrupted.Done, []string{"create set_light"}) ||
		interrupted.Failed != "attach set_light" || len(interrupted.Left) > 0 || !slices.Equal(done, interrupted.Done) {
		t.Fatalf("done: %q, error %+v", done, err)
	}
	a.Fail = nil
	a.wantActions("attach set_light")
	if done, err := a.push(); err != nil || !slices.Equal(done, []string{"attach set_light"}) || len(a.Tools) != 1 {
		t.Errorf("done: %q, %v, %d tools", done, err, len(a.Tools))
	}
}

func TestToolsThatNobodyMarkedAreLeftAlone(t *testing.T) {
	a := newAccount(t, light())
	a.PageSize = 1
	a.addTool("tool_1", `{"type":"client","name":"set_light","description":"Somebody's own"}`, "agent_2")
	a.addTool("tool_2", `{"type":"client","name":"set_light_2","description":"Another"}`)
	a.addTool("tool_3", strings.Replace(made, "old", "set_light", 1))
	a.wantActions("update set_light") // tool_3, on the third page
	if p := a.plan(); p.Steps[0].ID != "tool_3" {
		t.Errorf("got %+v", p.Steps[0])
	}
	delete(a.Tools, "tool_3")
	a.wantActions("create set_light")
}

// The command elevenlabs creates tools, but gives them to no agent.
func TestAToolWithTheSameDefinitionIsAttached(t *testing.T) {
	a := newAccount(t, clock())
	config, _, err := toolexport.NewClientTool(clock())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.opts.Client.CreateTool(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	a.wantActions("attach get_time")
	if done, err := a.push(); err != nil || !slices.Equal(done, []string{"attach get_time"}) || len(a.Tools) != 1 {
		t.Errorf("done: %q, %v", done, err)
	}
}

func TestPruneDeletesOnlyWhatMoonlarkMadeAndNobodyUses(t *testing.T) {
	a := newAccount(t, light())
	a.push()
	a.addTool("tool_made", made, "agent_1")
	a.addTool("tool_shared", strings.Replace(made, `"old"`, `"shared"`, 1), "agent_1", "agent_2")
	a.addTool("tool_own", `{"type":"client","name":"own","description":"Made by hand"}`, "agent_1")
	a.addTool("tool_web", `{"type":"webhook","name":"web","description":"A webhook","api_schema":{"url":"https://example.com"}}`, "agent_1")
	a.wantActions("same set_light; keep own (no script has it); keep shared (no script has it); keep old (no script has it)")
	if len(a.plan().Changes()) > 0 {
		t.Error("without prune, something changes")
	}
	a.opts.Prune = true
	a.wantActions("same set_light; detach own (not deleted, because Moonlark has not made it); detach shared (not deleted, because it is also used by Waiter); delete old")
	if n := len(a.plan().Removes()); n != 3 {
		t.Errorf("%d tools are removed", n)
	}
	done, err := a.push()
	if want := []string{"detach own, shared, old", "delete old"}; err != nil || !slices.Equal(done, want) {
		t.Errorf("done: %q, %v", done, err)
	}
	if a.Tool("tool_made") != "" || a.Tool("tool_shared") == "" || a.Tool("tool_own") == "" || !slices.Equal(a.ToolIDs("agent_1"), []string{"tool_web", "tool_new_1"}) {
		t.Errorf("the agent has %v", a.ToolIDs("agent_1"))
	}
	a.wantActions("same set_light")
}

// Between the plan and the change, somebody gives the tool to another agent.
func TestAToolThatSomebodyUsesMeanwhileIsNotDeleted(t *testing.T) {
	a := newAccount(t)
	a.addTool("tool_made", made, "agent_1")
	a.opts.Prune = true
	p := a.plan()
	a.addTool("tool_made", made, "agent_2")
	a.addTool("tool_late", strings.Replace(made, `"old"`, `"late"`, 1), "agent_1")
	var notes []string
	if err := p.Apply(t.Context(), func(_, note string) { notes = append(notes, note) }); err != nil || len(notes) != 2 || !strings.HasPrefix(notes[1], "not deleted: 1 agents") {
		t.Errorf("got %q, %v", notes, err)
	}
	if a.Tool("tool_made") == "" || !slices.Equal(a.ToolIDs("agent_1"), []string{"tool_late"}) {
		t.Errorf("the agent has %v", a.ToolIDs("agent_1"))
	}
}

func TestTheBranchOfTheAgentIsReadAndChanged(t *testing.T) {
	a := newAccount(t, clock())
	a.opts.Branch = "branch_1"
	if _, err := a.push(); err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{"GET /v1/convai/agents/agent_1?branch_id=branch_1", "PATCH /v1/convai/agents/agent_1?branch_id=branch_1"} {
		if !slices.Contains(a.Requests(), request) {
			t.Errorf("%s is not among %q", request, a.Requests())
		}
	}
}

func TestNamesThatTheAgentHasForSomethingElseAreRefused(t *testing.T) {
	for want, change := range map[string]func(a *account){
		"lights.lua:3: set_light: the agent has a webhook tool of this name": func(a *account) {
			a.addTool("tool_1", `{"type":"webhook","name":"set_light","description":"","api_schema":{"url":"https://example.com"}}`, "agent_1")
		},
		"lights.lua:3: set_light: the agent has two client tools of this name, tool_2 and tool_1": func(a *account) {
			a.addTool("tool_1", `{"type":"client","name":"set_light","description":"a"}`, "agent_1")
			a.addTool("tool_2", `{"type":"client","name":"set_light","description":"b"}`, "agent_1")
		},
		"the agent has a tool of this name in its own settings": func(a *account) {
			a.Agents["agent_1"] = strings.Replace(a.Agents["agent_1"], `"tool_ids"`, `"tools":[{"type":"client","name":"set_light","description":"a"}],"tool_ids"`, 1)
		},
	} {
		a := newAccount(t, light())
		change(a)
		if _, err := toolpush.New(t.Context(), a.opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRefusalsAreErrorsWithoutTheKey(t *testing.T) {
	for _, row := range []struct {
		status   int
		body     string
		want     string
		requests int // number of requests for the agent
	}{
		{401, `{"detail":{"status":"invalid_api_key","message":"Invalid API key sk_secret"}}`, "agent: HTTP 401: Invalid API key (key)", 1},
		{404, `{"detail":"no such agent"}`, "agent: HTTP 404: no such agent", 1},
		{422, `{"detail":[{"loc":["body","tool_config","name"],"msg":"bad"}]}`, "agent: HTTP 422: tool_config.name: bad", 1},
	} {
		a := newAccount(t, light())
		a.Refuse = map[string]resttest.Refusal{"/v1/convai/agents/agent_1": {Status: row.status, Body: row.body}}
		_, err := toolpush.New(t.Context(), a.opts)
		if err == nil || err.Error() != row.want || len(a.Requests()) != row.requests {
			t.Errorf("got %v after %v, want %s", err, a.Requests(), row.want)
		}
	}
}

func TestRequestsAreRepeatedWhenTheServerAsksForIt(t *testing.T) {
	a := newAccount(t, clock())
	failures := map[string]int{"POST": 1, "PATCH": 1, "GET": 1}
	a.Fail = func(r *http.Request) *resttest.Refusal {
		if failures[r.Method]--; failures[r.Method] >= 0 {
			return &resttest.Refusal{Status: 429, Body: `{"detail":"slow down"}`, Header: http.Header{"Retry-After": {"1"}}}
		}
		return nil
	}
	var waits []string
	a.opts.Wait = func(reason string) { waits = append(waits, reason) }
	done, err := a.push()
	if err != nil || len(done) != 2 || len(a.Tools) != 1 || len(waits) != 3 || !strings.Contains(waits[0], "slow down: trying again in 1s") {
		t.Errorf("done: %q, %v, waits %q", done, err, waits)
	}
}

// A server in trouble may have created the tool although it says that it failed.
func TestTheCreationOfAToolIsNotRepeatedBlindly(t *testing.T) {
	a := newAccount(t, clock())
	a.Fail = func(r *http.Request) *resttest.Refusal {
		if r.Method == http.MethodPost {
			return &resttest.Refusal{Status: 503, Body: "no"}
		}
		return nil
	}
	_, err := a.push()
	var interrupted *toolpush.InterruptedError
	if !errors.As(err, &interrupted) || len(interrupted.Done) > 0 || !slices.Equal(interrupted.Left, []string{"attach get_time"}) {
		t.Errorf("got %+v", err)
	}
	posts := 0
	for _, request := range a.Requests() {
		if strings.HasPrefix(request, "POST") {
			posts++
		}
	}
	if posts != 1 {
		t.Errorf("%d POSTs", posts)
	}
}

func TestAWaitEndsWithTheContext(t *testing.T) {
	a := newAccount(t, clock())
	a.Fail = func(*http.Request) *resttest.Refusal {
		return &resttest.Refusal{Status: 429, Header: http.Header{"Retry-After": {"50"}}}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	a.opts.Wait = func(string) { cancel(errors.New("ctrl-c")) }
	start := time.Now()
	if _, err := toolpush.New(ctx, a.opts); err == nil || !strings.Contains(err.Error(), "ctrl-c") || time.Since(start) > 40*time.Second {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
	a.Fail = func(*http.Request) *resttest.Refusal {
		return &resttest.Refusal{Status: 429, Body: "later", Header: http.Header{"Retry-After": {"3600"}}}
	}
	a.opts.Wait = func(reason string) { t.Errorf("waits: %s", reason) }
	if _, err := toolpush.New(t.Context(), a.opts); err == nil || !strings.Contains(err.Error(), "HTTP 429") {
		t.Errorf("got %v", err)
	}
}

// Whatever the server sends, the plan is an error or a plan.
func TestServersThatSendNonsense(t *testing.T) {
	for _, body := range []string{``, `null`, `[]`, `{}`, `{"tool_config":null}`, `{"tool_config":[]}`, `{"id":7,"tool_config":{"type":"client","name":["x"]}}`,
		`{"tool_config":{"type":"client","name":"set_light","parameters":{"type":["object"],"properties":{"room":7,"on":{"type":["boolean","null"],"enum":{}}},"required":[1]}}}`,
		`{"tool_config":{"type":"client","name":"set_light","parameters":[1],"dynamic_variables":[]}}`, `{"tools":[null,{"id":"x"}],"has_more":true,"next_cursor":"1"}`} {
		a := newAccount(t, light())
		a.addTool("tool_1", `{"type":"client","name":"set_light","description":"a"}`, "agent_1")
		a.Fail = func(r *http.Request) *resttest.Refusal {
			if strings.HasPrefix(r.URL.Path, "/v1/convai/tools") {
				return &resttest.Refusal{Status: 200, Body: body}
			}
			return nil
		}
		p, err := toolpush.New(t.Context(), a.opts)
		if err == nil && len(p.Steps) == 0 {
			t.Errorf("%s: got %+v", body, p)
		}
	}
}
