import { basename, extname } from "node:path";

export type Kind = "markdown" | "code" | "text";

/** How a file is read, by its name; one without an ending is code when it says which program runs it. */
export function kindOf(path: string, text: string): Kind {
  const ending = extname(path).slice(1).toLowerCase();
  if (MARKDOWN.has(ending)) return "markdown";
  if (CODE.has(ending) || CODE_NAMES.test(basename(path))) return "code";
  return ending === "" && text.startsWith("#!") ? "code" : "text";
}

const words = (text: string): Set<string> => new Set(text.split(" "));
const MARKDOWN = words("md markdown mdown mkd mdx qmd rmd");
const CODE = words(
  "ts tsx mts cts js jsx mjs cjs vue svelte astro py pyi rb rs go c h cc cpp cxx hh hpp hxx m mm java kt kts scala groovy gradle swift cs fs fsx vb " +
    "php pl pm lua r jl dart ex exs erl hrl hs lhs elm clj cljs cljc edn lisp el scm rkt ml mli nim zig v sv vhd vhdl d pas ada adb ads f90 f95 " +
    "sh bash zsh fish ps1 bat cmd awk sed tcl sql graphql gql proto thrift css scss sass less html htm xml xsl svg json jsonc json5 yaml yml toml ini cfg conf " +
    "tf hcl nix cmake mk asm s cu cuh glsl wgsl metal sol service timer",
);
const CODE_NAMES = /^(?:makefile|dockerfile|containerfile|jenkinsfile|rakefile|gemfile|vagrantfile|justfile|cmakelists\.txt|build\.bazel|workspace)$/i;
