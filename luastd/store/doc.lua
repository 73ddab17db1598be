---Values by key that are still there after a restart. Failures return nil, a reason and a code: "full", "busy", "io", "corrupt", "readonly", "denied", "too_large", "timeout" or "closed".
---@class store
store = {}

---@class store.watch
local watch = {}

---Ends the watch. It may be called again.
function watch:close() end

---Returns the value of a key.
---@param key string UTF-8, 1 to 512 bytes
---@param default? any what to return if the key is not there
---@return any value
---@return string? reason
---@return string? code
function store.get(key, default) end

---Sets a key. nil deletes it.
---@param key string
---@param value any what json.encode can write, up to 1 MiB
---@param options? { ttl: number, lazy: boolean } ttl: seconds after which the key expires; lazy: writes the change to the disk within 5 seconds, default false
---@return true? ok
---@return string? reason
---@return string? code
function store.set(key, value, options) end

---Sets a key that is not there.
---@param key string
---@param value any
---@param options? { ttl: number, lazy: boolean } as for store.set
---@return boolean? added false if the key is there already
---@return string? reason
---@return string? code
function store.add(key, value, options) end

---Deletes a key.
---@param key string
---@return boolean? deleted false if there was no such key
---@return string? reason
---@return string? code
function store.delete(key) end

---Adds a number to the number of a key.
---@param key string
---@param by? number default 1
---@param options? { init: number, ttl: number, lazy: boolean } init: the number of a key that is not there, default 0; ttl: seconds, for a key that is not there
---@return number? sum
---@return string? reason
---@return string? code
function store.incr(key, by, options) end

---Returns in how many seconds a key expires.
---@param key string
---@return number? seconds nil: the key does not expire, or is not there
---@return string? reason
---@return string? code
function store.ttl(key) end

---Returns the keys that begin with prefix, sorted by their bytes.
---@param prefix? string
---@param options? { limit: integer, after: string, reverse: boolean } limit: default 1000, up to 10000; after: only keys after this one; reverse: begins with the last key
---@return string[]? keys
---@return string? reason
---@return string? code
function store.keys(prefix, options) end

---Returns the keys that begin with prefix and their values, sorted by the bytes of the keys.
---@param prefix? string
---@param options? { limit: integer, after: string, reverse: boolean } as for store.keys
---@return { key: string, value: any }[]? list
---@return string? reason
---@return string? code
function store.list(prefix, options) end

---Sets a key to what fn returns for its value. No other task changes the key meanwhile.
---@param key string
---@param fn fun(old: any): ...
---@param options? { ttl: number, lazy: boolean } ttl: seconds after which the key expires; lazy: has no effect
---@return any new
---@return string? reason
---@return string? code
function store.update(key, fn, options) end

---Calls fn. Its changes are made together, or not at all if it raises an error.
---@param fn fun(): ...
---@return any ... what fn returns
function store.transaction(fn) end

---Calls fn(key, value) after each change of a key that begins with prefix. value is nil if the key was deleted.
---@param prefix string
---@param fn fun(key: string, value: any)
---@return store.watch
function store.watch(prefix, fn) end

---Deletes the keys that begin with prefix, or all.
---@param prefix? string
---@return integer? count
---@return string? reason
---@return string? code
function store.clear(prefix) end

---Returns another store, which has the same functions.
---@param name string 1 to 64 letters, digits, _ or -
---@param options? { shared: boolean } shared: the store of this name that all scripts share, default false
---@return store
function store.open(name, options) end
