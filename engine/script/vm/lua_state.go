package vm

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// The sizes of the stacks of a Lua thread. The stacks start small and grow when needed: with the
// defaults of gopher-lua, each thread takes 100 KB, and a call with more than about 2,500 arguments
// fails.
const (
	registrySize     = 256     // initial size of the value stack, in values
	registryMaxSize  = 1 << 18 // maximal size of the value stack, in values
	registryGrowStep = 1 << 10 // number of values by which the value stack grows
	callStackSize    = 2048    // number of nested function calls for which a new thread has room
	maxCallStackSize = 1 << 14 // maximal number of nested function calls: see growCallStack
)

func newState() *lua.LState {
	return lua.NewState(lua.Options{
		SkipOpenLibs:        true,
		MinimizeStackMemory: true,
		CallStackSize:       callStackSize,
		RegistrySize:        registrySize,
		RegistryMaxSize:     registryMaxSize,
		RegistryGrowStep:    registryGrowStep,
	})
}

// stackHasGrown reports whether the value stack of L is larger than its initial size. gopher-lua
// does not export the size, so stackHasGrown reads it by reflection.
func stackHasGrown(L *lua.LState) bool {
	return reflect.ValueOf(L).Elem().Field(registryField).Elem().Field(arrayField).Len() > registrySize
}

// growCallStack makes room for more calls on the Lua thread of the running task.
func (x *Executor) growCallStack() {
	if x.running != nil {
		growCallStack(x.running.thread())
	}
}

// growCallStack gives L room for maxCallStackSize nested calls if half of the present room is used.
// Call it at least every depthInterval instructions. gopher-lua gives each thread room for all calls
// when it makes the thread, which would be 16 KB for each coroutine and each protected call.
func growCallStack(L *lua.LState) {
	stack := reflect.ValueOf(L).Elem().Field(callStackField).Elem().Elem()
	segments := stack.Field(segmentsField)
	size := segments.Len()
	if int(stack.Field(segmentField).Uint()) < size/2 || size > callStackSize/lua.FramesPerSegment {
		return
	}
	grown := reflect.MakeSlice(segments.Type(), maxCallStackSize/lua.FramesPerSegment, maxCallStackSize/lua.FramesPerSegment)
	segments = reflect.NewAt(segments.Type(), unsafe.Pointer(segments.UnsafeAddr())).Elem() // may be set
	reflect.Copy(grown, segments)
	segments.Set(grown)
}

// depthInterval is the maximal number of instructions between two calls of growCallStack. An
// instruction makes at most three nested calls. growCallStack acts when half of the room is used, so
// the other half must be enough for depthInterval instructions.
const depthInterval = callStackSize / 2 / 4

// hasOpenUpvalues reports whether closures still use local variables on the stack of L. gopher-lua
// forgets to move such variables off the stack when xpcall or a Go panic ends a function. If L were
// used again, the next function would overwrite the variables.
func hasOpenUpvalues(L *lua.LState) bool {
	return !reflect.ValueOf(L).Elem().Field(upvaluesField).IsNil()
}

// numbers of fields that gopher-lua does not export
var (
	upvaluesField = fieldOf(reflect.TypeFor[lua.LState](), "uvcache") // first open upvalue
	// the call stack, its list of segments, and the number of the segment in use
	callStackField = fieldOf(reflect.TypeFor[lua.LState](), "stack")
	segmentsField  = fieldOf(callStackType, "segments")
	segmentField   = fieldOf(callStackType, "segIdx")
	registryField  = fieldOf(reflect.TypeFor[lua.LState](), "reg") // value stack
	frameField     = fieldOf(reflect.TypeFor[lua.LState](), "currentFrame")
	arrayField     = fieldOf(reflect.TypeFor[lua.LState]().Field(registryField).Type.Elem(), "array")
)

// offsets of fields that gopher-lua does not export
var (
	frameOffset    = reflect.TypeFor[lua.LState]().Field(frameField).Offset
	registryOffset = reflect.TypeFor[lua.LState]().Field(registryField).Offset
	arrayOffset    = reflect.TypeFor[lua.LState]().Field(registryField).Type.Elem().Field(arrayField).Offset
)

// callStackType is gopher-lua's type of a call stack that grows.
var callStackType = func() reflect.Type {
	L := newState()
	defer L.Close()
	return reflect.ValueOf(L).Elem().Field(callStackField).Elem().Type().Elem()
}()

func fieldOf(t reflect.Type, name string) int {
	field, _ := t.FieldByName(name)
	return field.Index[0]
}

// values returns all values on the stack of L.
func values(L *lua.LState) []lua.LValue {
	all := make([]lua.LValue, L.GetTop())
	for i := range all {
		all[i] = L.Get(i + 1)
	}
	return all
}

// push pushes all values onto the stack of L and returns how many there are.
func push(L *lua.LState, all []lua.LValue) int {
	for _, v := range all {
		L.Push(v)
	}
	return len(all)
}
