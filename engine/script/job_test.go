package script

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

const jobScript = `
register_tool("film", { where = "worker", job = true, expires = 600, parameters = { day = "integer" } }, function(args, call)
	sleep(args.day)
	if args.day == 13 then return nil, "no pictures" end
	return { film = args.day, id = call.id }
end)
on("job_done", function(e) print(e.tool .. " " .. e.args.day .. ": " .. e.result:gsub('"id":"%w+"', "id " .. #e.id) .. " " .. tostring(e.is_error)) end)
`

// startJob starts a job of film, and returns the job in the result of the call.
func startJob(t *testing.T, f *fixture, args string) (id string) {
	t.Helper()
	var started struct{ Status, Job string }
	r := f.call("film", args)
	if err := json.Unmarshal([]byte(r.Text), &started); err != nil || started.Status != "started" || started.Job == "" || r.IsError {
		t.Fatalf("got %+v, %v", r, err)
	}
	return started.Job
}

func TestWithoutAFleetJobsRunHere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.write("a.lua", jobScript)
		f.write("b.lua", `on("job_done", function() print("the wrong script") end)`)
		if _, err := f.Load(f.path("a.lua"), f.path("b.lua")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		startJob(t, f, `{"day":200}`)
		startJob(t, f, `{"day":13}`)
		startJob(t, f, `{"day":700}`)
		if took := time.Since(start); took > time.Second {
			t.Errorf("the calls took %v", took)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		want := `film 13: no pictures true, film 200: {"film":200,id 26} false, film 700: film took longer than 10m0s and was stopped true`
		if got := f.printed(); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

func TestACallWithJobCarriesOutTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Jobs: &fakeJobs{}})
		f.write("a.lua", jobScript)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		answer := make(chan tool.Result, 1)
		f.Call(&Call{ID: "job-1", Name: "film", Args: json.RawMessage(`{"day":30}`), Job: true, Reply: func(_ *Call, r tool.Result) { answer <- r }})
		if r := f.await(answer); r.Text != `{"film":30,"id":"job-1"}` {
			t.Errorf("got %+v", r)
		}
	})
}

// fakeJobs records the jobs that it gets. It refuses those with another argument than 1.
type fakeJobs struct{ args string }

func (j *fakeJobs) StartJob(spec *tool.Spec, args json.RawMessage, started func(id string, err error)) {
	if j.args += spec.Name + string(args); string(args) != `{"day":1}` {
		go started("", errors.New("film cannot run now: the disk is full"))
		return
	}
	go started("job-1", nil)
}

func TestJobsAreGivenToWorkers(t *testing.T) {
	t.Parallel()
	jobs := &fakeJobs{}
	f := newFixture(t, Options{Jobs: jobs})
	f.write("a.lua", jobScript)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if id := startJob(t, f, `{"day":"1"}`); id != "job-1" {
		t.Errorf("the job is %s", id)
	}
	f.want("film", `{"day":2}`, "! film cannot run now: the disk is full")
	f.want("film", `{"day":"x"}`, `! film: day must be a number, not "x"`)
	if r := f.call("film", `{"day":1,"x":"`+strings.Repeat("x", tool.MaxOffloadedArguments)+`"}`); !strings.Contains(r.Text, "the arguments of the job: ") {
		t.Errorf("got %+v", r)
	}
	if jobs.args != `film{"day":1}film{"day":2}` {
		t.Errorf("the jobs are %s", jobs.args)
	}
}
