html.markdown("<h1>A <i>b</i></h1><p>c<p>d<br>e")   --> # A *b*\n\nc\n\nd\ne
html.markdown("<b> a </b>b<i></i><strong>c</strong>")  --> **a** b**c**
html.markdown("a<b> b</b>")                  --> a **b**
html.markdown("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e")  --> - a\n- b\n  - c\n- d\n\ne
html.markdown("<ol start=9><li>a<li><p>b<p>c</ol>")  --> 9. a\n10. b\n\n    c
html.markdown("<ul><li><ul><li>a</ul></ul>")  --> -\n  - a
html.markdown("<ul><li></li><li>b</ul>")     --> - b
html.markdown("<blockquote><p>a<p>b<ul><li>c</ul></blockquote>d")  --> > a\n>\n> b\n>\n> - c\n\nd
html.markdown("<pre><code>a\n  b*\n\nc</code></pre>d")  --> ```\na\n  b*\n\nc\n```\n\nd
html.markdown("<pre>```</pre>")              --> ````\n```\n````
html.markdown("<code>a_b</code> <code>`</code>")  --> `a_b` `` ` ``
html.markdown("a<hr>b")                      --> a\n\n---\n\nb
html.markdown("<table><tr><th>a<th>b|c<tr><td><b>d</b><td>e<br>f</table>g")  --> | a | b\|c |\n| --- | --- |\n| **d** | e f |\n\ng
html.markdown("<a href='x y'>a <img src=i.png alt=b></a>")  --> [a ![b](i.png)](x%20y)
html.markdown("<a href=x></a><a href='javascript:x'>a</a><a>b</a><img>")  --> ab
html.markdown("<a href=x><h2>a</h2><p>b</a>")  --> [a b](x)
html.markdown("<a href=x>a</a>", {base = "https://e.com/y/"})  --> [a](https://e.com/y/x)
html.markdown("*a* _b_ [c] `d` &lt;e> \\")   --> \*a\* \_b\_ \[c\] \`d\` \<e> \\
html.markdown("<p># a<p>1. b<p>- c<p>1.5 d") --> \# a\n\n1\. b\n\n\- c\n\n1.5 d
html.markdown("<script>x</script><title>t</title>")  --> 
html.markdown(html.parse("<p>a</p><p>b</p>"):select("p")[2])  --> b
html.markdown("x", {base = "y"})             --> bad argument #2 to markdown (base must be the URL of a page, such as https://example.com/, not "y")
html.markdown(("<div>"):rep(1000))           --> nil, too_large: the page has more than 512 elements in each other, too_large
html.markdown("<base href='https://e.com/" .. ("x"):rep(1900) .. "/'>" .. ("<a href=x>y</a>"):rep(20000))  --> nil, too_large: the Markdown has more than 33554432 bytes, too_large
