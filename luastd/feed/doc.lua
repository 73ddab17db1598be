feed = {}

---@class moonlark.FeedItem
---@field title string "" if there is none, like link and summary
---@field link string
---@field summary string text without tags
---@field date? number Unix seconds

---@class moonlark.Feed
---@field title string
---@field link string
---@field items moonlark.FeedItem[] in the order of the text

---Returns the content of a feed: RSS or Atom.
---@param text string
---@return moonlark.Feed? feed nil when the text is wrong
---@return string? reason
---@return string? code "invalid", "too_large" or "unsupported"
function feed.parse(text) end
