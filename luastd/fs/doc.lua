fs = {}

---The folder for the data of the script. It may not exist before the first write.
---@type string
fs.data = ""

---The folder of the script.
---@type string
fs.folder = ""

---Returns the content of a file.
---@param path string relative to the data folder, or to the script's folder if it begins with ./ or ../
---@param options? { max: integer } max: the maximal size in bytes, default 8 MiB, up to 64 MiB
---@return string? content nil when the file cannot be read
---@return string? reason
---@return string? code "not_found", "denied", "not_a_file", "too_large", "timeout" or "io"
function fs.read(path, options) end

---Writes a file. Replaces it in one step: other programs find the old file or the new one.
---@param path string missing folders are created
---@param data string
---@param options? { mode: string, sync: boolean } mode: such as "0600", default: that of the old file, or "0644"; sync: waits until the file is on the disk, default true
---@return boolean? done
---@return string? reason
---@return string? code "denied", "not_a_file", "too_large", "full", "timeout" or "io"
function fs.write(path, data, options) end

---Writes a text at the end of a file.
---@param path string the file and missing folders are created
---@param data string
---@return boolean? done
---@return string? reason
---@return string? code "denied", "not_a_file", "too_large", "full", "timeout" or "io"
function fs.append(path, data) end

---Returns an iterator of the lines of a file: for line in fs.lines(path) do ... end. Raises an error if the file cannot be read.
---@param path string
---@return fun(): string?
function fs.lines(path) end

---@class fs.File
local file = {}

---Reads from a file.
---@param what? "*l"|"*a"|integer a line (the default), the rest of the file, or a number of bytes
---@return string? text nil at the end of the file, and when the file cannot be read
---@return string? reason
---@return string? code
function file:read(what) end

---Returns an iterator of the rest of the lines.
---@return fun(): string?
function file:lines() end

---Writes to a file.
---@param data string
---@return boolean? done
---@return string? reason
---@return string? code "full", "too_large", "busy", "timeout" or "io"
function file:write(data) end

---Changes the position in a file, and returns it.
---@param whence? "set"|"cur"|"end" from the beginning, the present position (the default) or the end
---@param offset? integer bytes, default 0
---@return integer? position
---@return string? reason
---@return string? code
function file:seek(whence, offset) end

---Closes a file.
---@return boolean? done
---@return string? reason
---@return string? code
function file:close() end

---Opens a file.
---@param path string
---@param mode? "r"|"w"|"a"|"r+" read (the default), write a new file, append, or read and write
---@return fs.File? file
---@return string? reason
---@return string? code
function fs.open(path, mode) end

---@class fs.Entry
---@field name string
---@field path string
---@field type "file"|"dir"|"link"|"other"
---@field size integer bytes
---@field mtime number seconds since 1970

---Returns the files and folders in a folder, sorted by path.
---@param dir? string default: the data folder
---@param options? { recursive: boolean, limit: integer } recursive: lists the folders below it too; limit: the maximal number of entries, default 10000, up to 100000
---@return fs.Entry[]? entries
---@return string? reason
---@return string? code "not_found", "denied", "too_large", "timeout" or "io"
function fs.list(dir, options) end

---Returns the paths that match a pattern, sorted. * and ? stand for characters of a name, [abc] for one of them, ** for any folders.
---@param pattern string
---@return string[]? paths
---@return string? reason
---@return string? code "denied", "too_large", "timeout" or "io"
function fs.glob(pattern) end

---@class fs.Stat
---@field type "file"|"dir"|"other"
---@field size integer bytes
---@field mtime number seconds since 1970
---@field mode string octal digits, such as "0644"

---Describes a file or folder.
---@param path string
---@return fs.Stat? stat
---@return string? reason
---@return string? code "not_found", "denied", "timeout" or "io"
function fs.stat(path) end

---Reports whether there is a file or folder.
---@param path string
---@return boolean? exists nil when that cannot be found out
---@return string? reason
---@return string? code "denied", "timeout" or "io"
function fs.exists(path) end

---Creates a folder, and missing folders above it.
---@param path string
---@return boolean? done
---@return string? reason
---@return string? code "exists" if there is a file, "denied", "full", "timeout" or "io"
function fs.mkdir(path) end

---Removes a file or folder.
---@param path string
---@param options? { recursive: boolean } recursive: removes a folder with everything in it
---@return boolean? removed false if there was nothing
---@return string? reason
---@return string? code "exists" if the folder is not empty, "denied", "timeout" or "io"
function fs.remove(path, options) end

---Renames or moves a file or folder. Replaces a file that is called to.
---@param from string
---@param to string
---@return boolean? done
---@return string? reason
---@return string? code "not_found", "exists", "denied", "full", "unsupported", "timeout" or "io"
function fs.rename(from, to) end

---Copies a file. Replaces a file that is called to in one step.
---@param from string
---@param to string
---@return boolean? done
---@return string? reason
---@return string? code "not_found", "not_a_file", "denied", "full", "timeout" or "io"
function fs.copy(from, to) end

---@class fs.Event
---@field path string
---@field event "create"|"change"|"remove"

---@class fs.Watch
local watch = {}

---Stops the watch.
---@return boolean
function watch:close() end

---Calls fn when a file, or a file in a folder, changes.
---@param path string
---@param fn fun(event: fs.Event)
---@param options? { recursive: boolean } recursive: watches the folders below it too
---@return fs.Watch? watch
---@return string? reason
---@return string? code "denied", "too_large", "timeout" or "io"
function fs.watch(path, fn, options) end

---Creates an empty file in the data folder, which is removed when the script is replaced or closed.
---@param suffix? string such as ".wav"
---@return string? path
---@return string? reason
---@return string? code "full", "timeout" or "io"
function fs.temp(suffix) end

---Returns how many bytes can be written to the disk that has path.
---@param path string
---@return integer? bytes
---@return string? reason
---@return string? code
function fs.free(path) end

---Joins paths. Raises an error if the result might not be below base.
---@param base string
---@param ... string
---@return string
function fs.join(base, ...) end

---Returns the folder of a path: "a" for "a/b", and "" (the data folder) for "a".
---@param path string
---@return string
function fs.dirname(path) end

---Returns the last name of a path.
---@param path string
---@param ext? string is cut off the end, such as ".txt"
---@return string
function fs.basename(path, ext) end

---Returns the extension of a path, such as ".txt", or "".
---@param path string
---@return string
function fs.extension(path) end
