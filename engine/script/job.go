package script

import (
	"crypto/rand"
	"encoding/json"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// JobEvent is the type of the events with the results of jobs.
const JobEvent = "job_done"

// jobHandler returns a handler that takes the place of the handler of a tool with job = true. It starts a
// job, and its result says so.
func (g *generation) jobHandler(spec *tool.Spec) *lua.LFunction {
	var jobs tool.Jobs = localJobs{g}
	if g.scripts.opts.Jobs != nil && spec.OnWorker {
		jobs = g.scripts.opts.Jobs
	}
	return g.x.State().NewFunction(func(L *lua.LState) int {
		args, err := value.Append(nil, L.CheckTable(1), tool.MaxOffloadedArguments)
		if err != nil {
			L.Push(lua.LNil)
			L.Push(lua.LString("the arguments of the job: " + err.Error()))
			return 2
		}
		s := g.Await(L, func(done func(any)) func() {
			jobs.StartJob(spec, args, func(id string, err error) { done(startedJob{id, err}) })
			return nil
		}).(startedJob)
		if s.err != nil {
			L.Push(lua.LNil)
			L.Push(lua.LString(s.err.Error()))
			return 2
		}
		result := L.CreateTable(0, 2)
		result.RawSetString("status", lua.LString("started"))
		result.RawSetString("job", lua.LString(s.id))
		L.Push(result)
		return 1
	})
}

// A startedJob is what StartJob of a tool.Jobs has answered.
type startedJob struct {
	id  string
	err error
}

// localJobs carries out jobs with the handlers of the script.
type localJobs struct{ g *generation }

// StartJob makes a call with Job: see tool.Jobs. Such a job ends with the program.
func (l localJobs) StartJob(spec *tool.Spec, args json.RawMessage, started func(id string, err error)) {
	id, s, name := rand.Text(), l.g.scripts, l.g.name()
	s.Call(&Call{ID: id, Name: spec.Name, Args: args, Job: true, Reply: func(_ *Call, r tool.Result) {
		s.jobDone(name, tool.JobResult{ID: id, Tool: spec.Name, Args: args, Result: r})
	}})
	started(id, nil)
}

// jobDone tells the script that a job has its result.
func (s *Scripts) jobDone(name string, r tool.JobResult) {
	if s.opts.JobDone != nil {
		s.opts.JobDone(name, r)
		return
	}
	// cannot fail: the arguments are valid JSON
	data, _ := json.Marshal(map[string]any{
		"tool": r.Tool, "id": r.ID, "args": r.Args, "result": r.Result.Text, "is_error": r.Result.IsError,
	})
	s.Dispatch(Event{Type: JobEvent, Script: name, Data: data})
}
