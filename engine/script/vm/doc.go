// Package vm runs the functions of one Lua state as tasks that can wait for Go code.
//
// Everything rests on one fact: each Lua state has exactly one [Executor], the executor has one
// goroutine, and no other goroutine touches the state while the executor runs. Other goroutines put
// messages into the executor's mailbox. The executor takes one message at a time and usually starts
// or continues a [Task], which is one run of a Lua function. When a task calls a Go function that
// has to wait, the Go function calls [Executor.Await]. The task then waits, and the executor
// handles other messages.
//
// The package does not know what the tasks are for: tools and events belong to package script. It
// reads private fields of gopher-lua, by reflection, to work around its mistakes. So do package
// compiler, which makes functions, and luastd/std, which reads the stack.
//
// Who may call which method of an Executor:
//
//   - Before Start, the goroutine that called New: Start.
//   - The executor's goroutine, and before Start the goroutine that called New: State,
//     CoroutineLibrary, ProtectedCalls.
//   - Any goroutine: Post, Put, PutItem, MoveItems, Queued, Dropped, TakeDropped, HoldStarts,
//     AllowStarts, Kill, Retire, Stopping, RunBetween, Responds, CPUTime, Go, Done, AfterFunc, Watch,
//     Held, HeldTime, RunHeld, KillInside.
//   - Any goroutine but the executor's own and those started by Go: Close.
//   - Only the executor's goroutine, between tasks: StartTask, KillTasks, Interrupt,
//     WithoutSlot.
//   - Only the executor's goroutine, in a Go function that a task called: Await, PCall, ErrorTrace,
//     Checkpoint, RunningTask, Task.AtEnd, Forward.
//   - Only the executor's goroutine, in a method of a Watcher: RunningThread, RunInside, Hold.
//     RunInside may also be called in a function passed to RunHeld, and Hold between tasks.
//   - Only the executor's goroutine, anywhere: Threads, Task.DropInterruption, and the methods of Thread
//     and Frame.
//   - Only the executor's goroutine, in Task.End: TaskCPU.
//
// The functions that a caller passes to the executor run on the executor's goroutine unless their
// comment says otherwise.
package vm
