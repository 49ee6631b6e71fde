// A writer of BTF and a reader of the little C that prototypes and structs are written in: declaration specifiers,
// pointers, arrays, function pointers, structs within structs. No expressions, no bit fields, no attributes; what is
// not understood is refused by name. Tested by tests/btf/module_builder_test.cpp.
#include "btf/module_builder.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>

namespace skep::btf {

namespace {

constexpr std::uint32_t pointer_size = 8;

struct Basic {
  std::string_view name;
  std::uint32_t size;
  std::uint32_t encoding;
  std::string_view alias;  // the C type behind a typedef
};
constexpr std::uint32_t is_signed = 1, is_bool = 4;
constexpr Basic basics[] = {
    {"char", 1, is_signed, {}},
    {"signed char", 1, is_signed, {}},
    {"unsigned char", 1, 0, {}},
    {"short", 2, is_signed, {}},
    {"unsigned short", 2, 0, {}},
    {"int", 4, is_signed, {}},
    {"unsigned int", 4, 0, {}},
    {"long", 8, is_signed, {}},
    {"unsigned long", 8, 0, {}},
    {"long long", 8, is_signed, {}},
    {"unsigned long long", 8, 0, {}},
    {"__int128", 16, is_signed, {}},
    {"_Bool", 1, is_bool, {}},
    {"bool", 1, is_bool, "_Bool"},
    {"u8", 1, 0, "unsigned char"},
    {"u16", 2, 0, "unsigned short"},
    {"u32", 4, 0, "unsigned int"},
    {"u64", 8, 0, "unsigned long long"},
    {"s8", 1, is_signed, "signed char"},
    {"s16", 2, is_signed, "short"},
    {"s32", 4, is_signed, "int"},
    {"s64", 8, is_signed, "long long"},
    {"__u8", 1, 0, "unsigned char"},
    {"__u16", 2, 0, "unsigned short"},
    {"__u32", 4, 0, "unsigned int"},
    {"__u64", 8, 0, "unsigned long long"},
    {"__s8", 1, is_signed, "signed char"},
    {"__s16", 2, is_signed, "short"},
    {"__s32", 4, is_signed, "int"},
    {"__s64", 8, is_signed, "long long"},
    {"__be16", 2, 0, "unsigned short"},
    {"__be32", 4, 0, "unsigned int"},
    {"size_t", 8, 0, "unsigned long"},
    {"ssize_t", 8, is_signed, "long"},
    {"loff_t", 8, is_signed, "long long"},
    {"gfp_t", 4, 0, "unsigned int"},
    {"pid_t", 4, is_signed, "int"},
};

const Basic* find_basic(std::string_view name) {
  const auto it = std::find_if(std::begin(basics), std::end(basics), [name](const Basic& b) { return b.name == name; });
  return it == std::end(basics) ? nullptr : it;
}

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (std::isspace(c)) {
      ++i;
    } else if (std::isalnum(c) || c == '_') {
      const std::size_t begin = i;
      while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_')) ++i;
      tokens.emplace_back(text.substr(begin, i - begin));
    } else if (text.substr(i, 3) == "...") {
      tokens.emplace_back("...");
      i += 3;
    } else {
      tokens.emplace_back(1, text[i++]);
    }
  }
  return tokens;
}

}  // namespace

// Reads one declaration. Errors are remembered, and reading goes on to nothing: callers look at `error` in the end.
class PrototypeParser {
 public:
  PrototypeParser(ModuleBuilder& builder, std::string_view text) : b_(builder), tokens_(tokens_of(text)) {}

  std::string error;

  struct Declared {
    std::string name;
    TypeId type = 0;
  };

  bool kfunc() {
    const TypeId func = function();
    if (func == 0) return false;
    const std::uint32_t whole[] = {static_cast<std::uint32_t>(-1)};
    b_.add("bpf_kfunc", Kind::decl_tag, 0, func, whole);
    return true;
  }

  bool plain_function() { return function() != 0; }

  bool variable() {
    const Declared d = declarator(specifiers());
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    const std::uint32_t global[] = {1};
    const TypeId id = b_.add(d.name, Kind::var, 0, d.type, global);
    b_.per_cpu_.push_back({id, b_.size_of(d.type)});
    return true;
  }

  TypeId function() {
    while (take("extern") || take("static")) {
    }
    const TypeId result_base = specifiers();
    const TypeId result = stars(result_base);
    const std::string name = identifier();
    if (!expect("(")) return 0;
    const TypeId proto = parameters(result);
    take(";");
    if (!error.empty() || !at_end()) {
      fail("unexpected '" + peek() + "'");
      return 0;
    }
    return b_.add(name, Kind::func, static_cast<std::uint32_t>(Linkage::global), proto);
  }

  // "enum x { A, B }": numbered from 0.
  bool enumeration() {
    if (!expect("enum")) return false;
    const std::string name = identifier();
    if (!expect("{")) return false;
    std::vector<std::uint32_t> words;
    while (error.empty() && !take("}")) {
      const auto number = static_cast<std::uint32_t>(words.size() / 2);
      words.insert(words.end(), {b_.string(identifier()), number});
      if (peek() != "}" && !expect(",")) return false;
    }
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    if (b_.named(name, Kind::enum_) == 0)
      b_.add(name, Kind::enum_, static_cast<std::uint32_t>(words.size() / 2), 4, words);
    return true;
  }

  bool aggregate() {
    if (peek() == "enum") return enumeration();
    const bool is_union = peek() == "union";
    if (!take("struct") && !take("union")) return fail("expected struct or union, not '" + peek() + "'");
    const std::string name = identifier();
    if (b_.named(name, is_union ? Kind::union_ : Kind::struct_) != 0) return error.empty();
    // A declaration first, so that members may point back to it; it becomes the definition when that is complete.
    const Kind kind = is_union ? Kind::union_ : Kind::struct_;
    const TypeId id = b_.tagged(name, kind);
    if (id < b_.first_) return fail("the base only declares '" + name + "'");
    const Members members = read_members(kind);
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    auto& made = b_.made_[id - b_.first_];
    std::vector<std::uint32_t> all{b_.string(name), static_cast<std::uint32_t>(kind) << 24 | members.count(),
                                   members.size};
    all.insert(all.end(), members.words.begin(), members.words.end());
    made = {name, kind, members.size, members.align, std::move(all)};
    b_.names_.erase({Kind::fwd, name});
    b_.names_.try_emplace({kind, name}, id);
    return true;
  }

  bool type_alias() {
    if (!expect("typedef")) return false;
    const Declared d = declarator(specifiers());
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    if (b_.named(d.name, Kind::typedef_) == 0) b_.add(d.name, Kind::typedef_, 0, d.type);
    return true;
  }

 private:
  bool at_end() const { return at_ >= tokens_.size(); }
  std::string peek() const { return at_end() ? std::string("the end") : tokens_[at_]; }
  bool take(std::string_view token) {
    if (at_end() || tokens_[at_] != token) return false;
    ++at_;
    return true;
  }
  bool fail(std::string message) {
    if (error.empty()) error = std::move(message);
    at_ = tokens_.size();
    return false;
  }
  bool expect(std::string_view token) {
    return take(token) || fail("expected '" + std::string(token) + "', not '" + peek() + "'");
  }
  std::string identifier() {
    if (at_end() || !(std::isalpha(static_cast<unsigned char>(tokens_[at_][0])) || tokens_[at_][0] == '_')) {
      fail("expected a name, not '" + peek() + "'");
      return {};
    }
    return tokens_[at_++];
  }

  struct Members {
    std::vector<std::uint32_t> words;
    std::uint32_t size = 0, align = 1;
    std::uint32_t count() const { return static_cast<std::uint32_t>(words.size() / 3); }
  };

  // "{ int a; struct { int b; } c; union { … }; }"
  Members read_members(Kind kind) {
    Members all;
    if (!expect("{")) return all;
    std::uint32_t end = 0;
    while (error.empty() && !take("}")) {
      const TypeId base = specifiers();
      do {
        const Declared d = declarator(base);
        const std::uint32_t size = b_.size_of(d.type), at = b_.align_of(d.type);
        if (!error.empty()) return all;
        if (size == 0 && !flexible_) {
          fail("member '" + d.name + "' has an incomplete type");
          return all;
        }
        const std::uint32_t offset = kind == Kind::union_ ? 0 : (end + at - 1) / at * at;
        end = std::max(end, offset + size);
        all.align = std::max(all.align, at);
        all.words.insert(all.words.end(), {b_.string(d.name), d.type, offset * 8});
      } while (take(","));
      if (!expect(";")) return all;
    }
    all.size = (end + all.align - 1) / all.align * all.align;
    return all;
  }

  // After "struct": a tag, or a definition in place.
  TypeId struct_or_union(Kind kind) {
    const std::string name = peek() == "{" ? std::string() : identifier();
    if (peek() != "{") return b_.tagged(name, kind);
    const Members members = read_members(kind);
    if (!error.empty()) return 0;
    const TypeId id = b_.add(name, kind, members.count(), members.size, members.words);
    b_.made_.back().align = members.align;
    return id;
  }

  TypeId specifiers() {
    bool constant = false, is_volatile = false, is_unsigned = false, is_signed_word = false;
    int longs = 0;
    std::string word;
    TypeId type = 0;
    bool have_type = false;
    for (;;) {
      if (take("const")) {
        constant = true;
      } else if (take("volatile")) {
        is_volatile = true;
      } else if (take("unsigned")) {
        is_unsigned = true;
      } else if (take("signed")) {
        is_signed_word = true;
      } else if (take("long")) {
        ++longs;
      } else if (!have_type && word.empty() && (peek() == "struct" || peek() == "union" || peek() == "enum")) {
        if (take("enum")) {
          type = b_.tagged(identifier(), Kind::enum_);
        } else {
          type = struct_or_union(take("struct") ? Kind::struct_ : (take("union"), Kind::union_));
        }
        have_type = true;
      } else if (!have_type && word.empty() &&
                 (peek() == "int" || peek() == "char" || peek() == "short" || peek() == "void")) {
        word = tokens_[at_++];
        if (word == "short") take("int");
      } else if (!have_type && word.empty() && longs == 0 && !is_unsigned && !is_signed_word) {
        const std::string name = identifier();
        if (!error.empty()) return 0;
        type = b_.named(name, Kind::typedef_);
        if (type == 0) {
          const Basic* basic = find_basic(name);
          if (basic == nullptr) {
            fail("unknown type '" + name + "'");
            return 0;
          }
          const Basic* behind = basic->alias.empty() ? basic : find_basic(basic->alias);
          type = b_.integer(behind->name, behind->size, behind->encoding);
          if (!basic->alias.empty()) type = b_.add(name, Kind::typedef_, 0, type);
        }
        have_type = true;
      } else {
        break;
      }
    }
    if (!have_type) {
      if (word == "void") {
        type = 0;
      } else {
        std::string name;
        if (longs != 0) {
          name = longs > 1 ? "long long" : "long";
        } else {
          name = word.empty() ? "int" : word;
        }
        if (is_unsigned) name = "unsigned " + name;
        if (is_signed_word && name == "char") name = "signed char";
        const Basic* basic = find_basic(name);
        if (basic == nullptr) {
          fail("unknown type '" + name + "'");
          return 0;
        }
        type = b_.integer(basic->name, basic->size, basic->encoding);
      }
    }
    if (constant) type = b_.derived(Kind::const_, type);
    if (is_volatile) type = b_.derived(Kind::volatile_, type);
    return type;
  }

  TypeId stars(TypeId type) {
    for (;;) {
      if (take("*")) {
        type = b_.derived(Kind::ptr, type);
      } else if (take("const")) {
        type = b_.derived(Kind::const_, type);
      } else if (!take("__restrict") && !take("restrict")) {
        return type;
      }
    }
  }

  // "*name", "name[4]", "(*name)(int, ...)", or the same without a name.
  Declared declarator(TypeId base) {
    flexible_ = false;
    Declared d;
    d.type = stars(base);
    if (take("(")) {
      if (!expect("*")) return d;
      if (peek() != ")") d.name = identifier();
      if (!expect(")") || !expect("(")) return d;
      d.type = b_.derived(Kind::ptr, parameters(d.type));
      return d;
    }
    if (!at_end() && (std::isalpha(static_cast<unsigned char>(tokens_[at_][0])) || tokens_[at_][0] == '_'))
      d.name = identifier();
    std::vector<std::uint32_t> dimensions;
    while (take("[")) {
      std::uint32_t count = 0;
      if (peek() != "]") {
        const std::string number = at_end() ? std::string() : tokens_[at_++];
        if (number.empty() || number.size() > 8 ||
            !std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); })) {
          fail("expected a number, not '" + number + "'");
          return d;
        }
        count = static_cast<std::uint32_t>(std::stoul(number));
      }
      flexible_ = count == 0;
      dimensions.push_back(count);
      if (!expect("]")) return d;
    }
    for (auto it = dimensions.rbegin(); it != dimensions.rend(); ++it) {
      const std::uint32_t words[] = {d.type, b_.integer("int", 4, is_signed), *it};
      const std::uint32_t align = b_.align_of(d.type);
      const TypeId array = b_.add({}, Kind::array, 0, 0, words);
      b_.made_.back().align = align;
      d.type = array;
    }
    return d;
  }

  TypeId parameters(TypeId result) {
    std::vector<std::uint32_t> words;
    if (peek() == "void" && at_ + 1 < tokens_.size() && tokens_[at_ + 1] == ")") ++at_;
    while (error.empty() && !take(")")) {
      if (take("...")) {
        words.insert(words.end(), {0, 0});
        expect(")");
        break;
      }
      Declared d = declarator(specifiers());
      if (d.name.empty() && error.empty()) d.name = "arg" + std::to_string(words.size() / 2);
      words.insert(words.end(), {b_.string(d.name), d.type});
      if (peek() != ")" && !expect(",")) break;
    }
    return b_.add({}, Kind::func_proto, static_cast<std::uint32_t>(words.size() / 2), result, words);
  }

  ModuleBuilder& b_;
  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
  bool flexible_ = false;
};

ModuleBuilder::ModuleBuilder(std::shared_ptr<const Btf> base) : base_(std::move(base)) {
  if (base_) {
    first_ = base_->type_count();
    // The base's strings end where the first invalid offset is.
    std::uint32_t low = 0, high = 1u << 30;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (base_->checked_string(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    string_begin_ = low;
  }
  // Offset 0 is the empty string, in the base if there is one; an own empty string keeps the section from being empty.
  strings_.push_back('\0');
}

std::uint32_t ModuleBuilder::string(std::string_view text) {
  if (text.empty()) return 0;
  if (const auto it = string_offsets_.find(text); it != string_offsets_.end()) return it->second;
  const auto offset = string_begin_ + static_cast<std::uint32_t>(strings_.size());
  strings_.append(text);
  strings_.push_back('\0');
  string_offsets_.emplace(std::string(text), offset);
  return offset;
}

TypeId ModuleBuilder::add(std::string_view name, Kind kind, std::uint32_t vlen, std::uint32_t size_or_type,
                          std::span<const std::uint32_t> extra, bool kind_flag) {
  const TypeId id = first_ + static_cast<TypeId>(made_.size());
  std::vector<std::uint32_t> words{
      string(name), static_cast<std::uint32_t>(kind) << 24 | vlen | (kind_flag ? 1u << 31 : 0u), size_or_type};
  words.insert(words.end(), extra.begin(), extra.end());
  made_.push_back({std::string(name), kind, size_or_type, 1, std::move(words)});
  if (!name.empty() && kind != Kind::decl_tag) names_.try_emplace({kind, std::string(name)}, id);
  return id;
}

TypeId ModuleBuilder::named(std::string_view name, Kind kind) {
  if (base_) {
    if (const TypeId id = base_->find(name, kind)) return id;
  }
  const auto it = names_.find({kind, std::string(name)});
  return it == names_.end() ? 0 : it->second;
}

TypeId ModuleBuilder::integer(std::string_view name, std::uint32_t size, std::uint32_t encoding) {
  // Kernels name these as their compiler does ("long unsigned int"); any of the same name and size will do.
  static constexpr std::pair<std::string_view, std::string_view> other_names[] = {
      {"long", "long int"},           {"unsigned long", "long unsigned int"},
      {"long long", "long long int"}, {"unsigned long long", "long long unsigned int"},
      {"short", "short int"},         {"unsigned short", "short unsigned int"},
  };
  if (const TypeId id = named(name, Kind::int_)) return id;
  for (const auto& [here, there] : other_names) {
    if (here != name) continue;
    if (const TypeId id = named(there, Kind::int_)) return id;
  }
  const std::uint32_t data[] = {encoding << 24 | size * 8};
  return add(name, Kind::int_, 0, size, data);
}

TypeId ModuleBuilder::tagged(std::string_view name, Kind kind) {
  if (const TypeId id = named(name, kind)) return id;
  if (kind == Kind::enum_) {
    if (const TypeId id = named(name, Kind::enum64)) return id;
    return add(name, Kind::enum_, 0, 4);
  }
  if (const TypeId id = named(name, Kind::fwd)) return id;
  return add(name, Kind::fwd, 0, 0, {}, kind == Kind::union_);
}

TypeId ModuleBuilder::derived(Kind kind, TypeId target) {
  const auto [it, inserted] = derived_.try_emplace({kind, target}, 0);
  if (inserted) it->second = add({}, kind, 0, target);
  return it->second;
}

std::uint32_t ModuleBuilder::size_of(TypeId id) const {
  if (id < first_) return base_ ? base_->size_of(id).value_or(0) : 0;
  const Made& m = made_[id - first_];
  switch (m.kind) {
    case Kind::ptr:
      return pointer_size;
    case Kind::array:
      return size_of(m.words[3]) * m.words[5];
    case Kind::typedef_:
    case Kind::const_:
    case Kind::volatile_:
      return size_of(m.size);
    case Kind::fwd:
    case Kind::func:
    case Kind::func_proto:
      return 0;
    default:
      return m.size;
  }
}

std::uint32_t ModuleBuilder::align_of(TypeId id) const {
  if (id < first_) return base_ ? base_->align_of(id).value_or(1) : 1;
  const Made& m = made_[id - first_];
  switch (m.kind) {
    case Kind::ptr:
      return pointer_size;
    case Kind::int_:
    case Kind::enum_:
      return m.size;
    case Kind::typedef_:
    case Kind::const_:
    case Kind::volatile_:
      return align_of(m.size);
    default:
      return m.align;
  }
}

namespace {

// Runs one parse; a failed one leaves at most unused types behind.
bool run(PrototypeParser& parser, bool (PrototypeParser::*what)(), std::string_view text, std::string& error) {
  if ((parser.*what)() && parser.error.empty()) return true;
  error = (parser.error.empty() ? std::string("cannot be read") : parser.error) + ": " + std::string(text);
  return false;
}

}  // namespace

bool ModuleBuilder::add_function(std::string_view prototype, std::string& error) {
  PrototypeParser parser(*this, prototype);
  return run(parser, &PrototypeParser::kfunc, prototype, error);
}
bool ModuleBuilder::add_traced_function(std::string_view prototype, std::string& error) {
  PrototypeParser parser(*this, prototype);
  return run(parser, &PrototypeParser::plain_function, prototype, error);
}
bool ModuleBuilder::add_per_cpu(std::string_view declaration, std::string& error) {
  PrototypeParser parser(*this, declaration);
  return run(parser, &PrototypeParser::variable, declaration, error);
}
bool ModuleBuilder::add_struct(std::string_view definition, std::string& error) {
  PrototypeParser parser(*this, definition);
  return run(parser, &PrototypeParser::aggregate, definition, error);
}
bool ModuleBuilder::add_typedef(std::string_view definition, std::string& error) {
  PrototypeParser parser(*this, definition);
  return run(parser, &PrototypeParser::type_alias, definition, error);
}

TypeId ModuleBuilder::copy(const Btf& from, TypeId id, int depth, std::string& error) {
  if (depth > 32) {
    error = "types too deep";
    return 0;
  }
  const Type& t = from.type(id);
  switch (t.kind) {
    case Kind::void_:
      return 0;
    case Kind::int_: {
      if (const TypeId known = named(t.name, Kind::int_)) return known;
      const std::uint32_t data[] = {std::uint32_t{t.int_encoding} << 24 | std::uint32_t{t.int_offset} << 16 |
                                    t.int_bits};
      return add(t.name, Kind::int_, 0, t.size, data);
    }
    case Kind::struct_:
    case Kind::union_:
    case Kind::enum_:
    case Kind::enum64:
      if (t.name.empty()) {
        error = "a type without a name in a prototype";
        return 0;
      }
      return tagged(t.name, t.kind == Kind::enum64 ? Kind::enum_ : t.kind);
    case Kind::fwd:
      return tagged(t.name, t.kind_flag ? Kind::union_ : Kind::struct_);
    case Kind::typedef_: {
      if (const TypeId known = named(t.name, Kind::typedef_)) return known;
      const TypeId target = copy(from, t.type, depth + 1, error);
      return add(t.name, Kind::typedef_, 0, target);
    }
    case Kind::ptr:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_:
      return derived(t.kind, copy(from, t.type, depth + 1, error));
    case Kind::type_tag: {
      const TypeId target = copy(from, t.type, depth + 1, error);
      return add(t.name, Kind::type_tag, 0, target, {}, t.kind_flag);
    }
    case Kind::array: {
      const std::uint32_t words[] = {copy(from, t.type, depth + 1, error), copy(from, t.index_type, depth + 1, error),
                                     t.count};
      return add({}, Kind::array, 0, 0, words);
    }
    case Kind::func_proto: {
      std::vector<std::uint32_t> words;
      for (const Param& p : from.params(t)) {
        const TypeId type = copy(from, p.type, depth + 1, error);
        words.insert(words.end(), {string(p.name), type});
      }
      const TypeId result = copy(from, t.type, depth + 1, error);
      return add({}, Kind::func_proto, t.vlen, result, words);
    }
    default:
      error = "a type that no prototype holds";
      return 0;
  }
}

bool ModuleBuilder::copy_function(const Btf& from, TypeId func, std::string& error, std::string_view name) {
  if (!from.valid(func) || from.type(func).kind != Kind::func) {
    error = "not a function";
    return false;
  }
  std::string problem;
  const Type& t = from.type(func);
  // clang leaves out the names of an extern's parameters, which a FUNC must have.
  const Type& proto = from.type(t.type);
  std::vector<std::uint32_t> words;
  for (const Param& p : from.params(proto)) {
    const TypeId type = copy(from, p.type, 0, problem);
    const std::string made_up = p.type == 0 ? std::string() : "arg" + std::to_string(words.size() / 2);
    words.insert(words.end(), {string(p.name.empty() ? std::string_view(made_up) : p.name), type});
  }
  const TypeId result = copy(from, proto.type, 0, problem);
  if (!problem.empty()) {
    error = problem;
    return false;
  }
  const TypeId made_proto = add({}, Kind::func_proto, proto.vlen, result, words);
  const TypeId id =
      add(name.empty() ? t.name : name, Kind::func, static_cast<std::uint32_t>(Linkage::global), made_proto);
  const std::uint32_t whole[] = {static_cast<std::uint32_t>(-1)};
  add("bpf_kfunc", Kind::decl_tag, 0, id, whole);
  return true;
}

void ModuleBuilder::add_per_cpu_section() {
  if (per_cpu_.empty()) return;
  std::vector<std::uint32_t> words;
  std::uint32_t end = 0;
  for (const auto& [id, size] : per_cpu_) {
    const std::uint32_t align = std::max(size, 1u);
    end = (end + align - 1) / align * align;
    words.insert(words.end(), {id, end, size});
    end += size;
  }
  add(".data..percpu", Kind::datasec, static_cast<std::uint32_t>(per_cpu_.size()), end, words);
  per_cpu_.clear();
}

std::vector<std::uint8_t> ModuleBuilder::finish() {
  add_per_cpu_section();
  std::vector<std::uint32_t> words;
  for (const Made& m : made_) words.insert(words.end(), m.words.begin(), m.words.end());
  const auto types = static_cast<std::uint32_t>(words.size() * 4);
  const auto strings = static_cast<std::uint32_t>(strings_.size());
  const std::uint32_t header[] = {0x0001eb9f, 24, 0, types, types, strings};
  std::vector<std::uint8_t> raw(sizeof(header) + types + strings);
  std::memcpy(raw.data(), header, sizeof(header));
  if (types != 0) std::memcpy(raw.data() + sizeof(header), words.data(), types);
  std::memcpy(raw.data() + sizeof(header) + types, strings_.data(), strings);
  return raw;
}

}  // namespace skep::btf
