-- The top level raises nil.
--> refused load_error_nil.lua: nil
error(nil)
