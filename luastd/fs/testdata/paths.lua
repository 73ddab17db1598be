-- join puts paths together with one slash.
fs.join("a", "b", "c.txt")           --> a/b/c.txt
fs.join("a/", "b")                   --> a/b
fs.join("/data", "b//c/")            --> /data/b/c
fs.join("", "b")                     --> b
fs.join("a")                         --> a
fs.join("a", "")                     --> a
fs.join("a", ".", "b")               --> a/b

-- A path in the script's folder stays there.
fs.join(".", "b")                    --> ./b
fs.join("./", "b")                   --> ./b
fs.join("./a", "b")                  --> ./a/b
fs.join("..", "b")                   --> ../b
fs.join("../a", "b")                 --> ../a/b
fs.join("a/../..", "b")              --> a/../../b

-- The result is below the first path, whatever the others are. So they may come from the agent.
fs.join("notes", "../secret")        --> bad argument #2 to join (the path must not have "..")
fs.join("notes", "a/../../b")        --> bad argument #2 to join (the path must not have "..")
fs.join("notes", "a\\..\\..\\b")     --> bad argument #2 to join (the path must not have "..")
fs.join("notes", "a", "..")          --> bad argument #3 to join (the path must not have "..")
fs.join("notes", "a..b")             --> notes/a..b
fs.join("notes", "/etc/passwd")      --> bad argument #2 to join (the path must not be absolute)
fs.join("notes", "\\etc")            --> bad argument #2 to join (the path must not be absolute)
fs.join("notes", "c:x")              --> bad argument #2 to join (the path must not be absolute)
fs.join("notes", "a\nb")             --> bad argument #2 to join (the path must not have control characters)
fs.join("notes", "a\0b")             --> bad argument #2 to join (the path must not have control characters)
fs.join("notes", "a\127b")           --> bad argument #2 to join (the path must not have control characters)
fs.join("notes", nil)                --> bad argument #2 to join (string expected, got nil)
fs.join()                            --> bad argument #1 to join (string expected, got nil)

-- dirname and basename take a path apart. The folder of a plain name is "", the data folder.
fs.dirname("a/b/c.txt")              --> a/b
fs.dirname("./c.txt")                --> .
fs.dirname("c.txt")                  --> 
fs.dirname("/c.txt")                 --> /
fs.dirname("a//b")                   --> a
fs.join(fs.dirname("c.txt"), "d")    --> d
fs.basename("a/b/c.txt")             --> c.txt
fs.basename("a/b/c.txt", ".txt")     --> c
fs.basename("c.txt", ".csv")         --> c.txt
fs.basename(".txt", ".txt")          --> .txt
fs.basename("a/")                    --> 
fs.extension("a.b/c.tar.gz")         --> .gz
fs.extension("a.b/c")                --> 
fs.extension("a/.bashrc")            --> 
fs.extension("a.")                   --> .
