// Whether types refer to types that make sense. A program's types are walked depth-first from every type; on the way
// back each modifier learns what it stands for and each array its size, so a struct's members can be measured when all
// of them are known. A pointer ends the walk of what holds it, and a struct ends the walk of a pointer, because a
// struct may well hold a pointer to itself; anything else that comes back to a type still being walked is a loop. The
// walk is at most 32 types deep. Which complaint comes first follows Linux 7.3. Tested by tests/btf/parse_test.cpp.
#include "btf/resolve.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <optional>

namespace skep::btf {

namespace {

constexpr std::size_t max_depth = 32;
constexpr std::uint32_t pointer_size = 8;

bool is_modifier(const Type& t) {
  return t.is_modifier();
}

// Not a thing that a pointer, member or array may name: only walks begin there.
bool is_source_only(const Type& t) {
  return t.kind == Kind::var || t.kind == Kind::decl_tag || t.kind == Kind::datasec;
}

bool is_sizeless(const Type& t) {
  return t.kind == Kind::void_ || t.kind == Kind::fwd || t.kind == Kind::func || t.kind == Kind::func_proto ||
         t.kind == Kind::decl_tag;
}

bool has_own_size(const Type& t) {
  switch (t.kind) {
    case Kind::int_:
    case Kind::struct_:
    case Kind::union_:
    case Kind::enum_:
    case Kind::enum64:
    case Kind::float_:
    case Kind::datasec:
      return true;
    default:
      return false;
  }
}

bool needs_walk(const Type& t) {
  return is_modifier(t) || t.kind == Kind::ptr || t.is_struct_or_union() || t.kind == Kind::array ||
         t.kind == Kind::var || t.kind == Kind::func || t.kind == Kind::decl_tag || t.kind == Kind::datasec;
}

bool is_regular_int(const Type& t) {
  return t.int_offset == 0 && t.int_bits % 8 == 0 && t.int_bits != 0 &&
         std::has_single_bit<unsigned>(t.int_bits / 8u) && t.int_bits <= 128;
}

bool is_identifier(std::string_view name) {
  if (name.empty() || name.size() > 512) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
    if (!(alpha || (i != 0 && c >= '0' && c <= '9'))) return false;
  }
  return true;
}

class References {
 public:
  References(const Btf& btf, const Btf::Data& data, ParseLog& log)
      : btf_(btf), data_(data), log_(log), first_(data.first_id), end_(data.end_id()) {
    const std::size_t own = end_ - first_;
    state_.resize(own, State::unseen);
    stands_for_.resize(own, 0);
    array_size_.resize(own, 0);
  }

  int check_all() {
    for (TypeId id = first_; id < end_; ++id) {
      const Type& t = btf_.type(id);
      logged_ = id;
      if (needs_walk(t) && !done(id)) {
        if (const int error = walk(id)) return error;
      }
      if (t.kind == Kind::func_proto) {
        if (const int error = check_prototype(id, t)) return error;
      }
    }
    return 0;
  }

 private:
  enum class State : std::uint8_t { unseen, open, done };
  // What kind of type the walk began to measure: it decides where the walk may stop.
  enum class Goal : std::uint8_t { undecided, pointer, aggregate };
  struct Visit {
    TypeId id;
    std::uint32_t next = 0;  // member or variable to go on with
  };
  // Returned by a step that has put another type on the stack.
  static constexpr int descended = 1;

  const Type* look(TypeId id) const { return id < end_ ? &btf_.type(id) : nullptr; }
  bool own(TypeId id) const { return id >= first_; }
  bool done(TypeId id) const { return !own(id) || state_[id - first_] == State::done; }
  TypeId stands_for(TypeId id) const { return own(id) ? stands_for_[id - first_] : btf_.skip_modifiers(id); }

  bool ends_walk(const Type& t) const {
    switch (goal_) {
      case Goal::undecided:
        return !needs_walk(t);
      case Goal::pointer:
        return !is_modifier(t) && t.kind != Kind::ptr;
      case Goal::aggregate:
        return !is_modifier(t) && t.kind != Kind::array && !t.is_struct_or_union();
    }
    return true;
  }

  int push(TypeId id) {
    if (stack_.size() == max_depth) return -E2BIG;
    if (own(id) && state_[id - first_] != State::unseen) return -EEXIST;
    if (own(id)) state_[id - first_] = State::open;
    stack_.push_back({id});
    const Type& t = btf_.type(id);
    if (goal_ == Goal::undecided) {
      if (t.kind == Kind::ptr) goal_ = Goal::pointer;
      if (t.kind == Kind::array || t.is_struct_or_union()) goal_ = Goal::aggregate;
    }
    return descended;
  }
  int finish(TypeId target = 0, std::uint32_t size = 0) {
    const TypeId id = stack_.back().id;
    if (own(id)) {
      state_[id - first_] = State::done;
      stands_for_[id - first_] = target;
      array_size_[id - first_] = size;
    }
    stack_.pop_back();
    return 0;
  }

  // Bytes that `id` takes, and in `id` what it stands for; nullopt for what has no size.
  std::optional<std::uint32_t> measure(TypeId& id) const {
    const Type* t = look(id);
    if (t != nullptr && (is_modifier(*t) || t->kind == Kind::var)) {
      id = stands_for(id);
      t = look(id);
    }
    if (t == nullptr || is_sizeless(*t)) return std::nullopt;
    if (has_own_size(*t)) return t->size;
    if (t->kind == Kind::array) return own(id) ? array_size_[id - first_] : btf_.size_of(id).value_or(0);
    if (t->kind == Kind::ptr) return pointer_size;
    return std::nullopt;
  }

  int refuse(TypeId id, const Type& t, std::string_view complaint, int error = -EINVAL) {
    log_.type(id, t, complaint);
    return error;
  }
  int refuse_member(const Type& owner, const Member& m, std::string_view complaint) {
    log_.type(logged_, owner, {});
    log_.member(owner, m, m.name.data() == nullptr ? std::string_view("(anon)") : m.name, complaint);
    return -EINVAL;
  }
  int refuse_variable(const Type& owner, const SectionVar& v, std::string_view complaint) {
    log_.type(logged_, owner, {});
    log_.section_var(v, complaint);
    return -EINVAL;
  }

  int walk(TypeId root) {
    goal_ = Goal::undecided;
    stack_.clear();
    int error = push(root);
    while (error >= 0 && !stack_.empty()) {
      logged_ = stack_.back().id;
      error = step(stack_.back());
    }
    logged_ = root;
    if (error == -E2BIG)
      return refuse(root, btf_.type(root),
                    log_.enabled() ? fmt::format("Exceeded max resolving depth:{}", max_depth) : std::string(), error);
    if (error == -EEXIST) return refuse(root, btf_.type(root), "Loop detected", error);
    return error < 0 ? error : 0;
  }

  int step(Visit& visit) {
    const Type& t = btf_.type(visit.id);
    switch (t.kind) {
      case Kind::ptr:
        return step_reference(t, true);
      case Kind::array:
        return step_array(t);
      case Kind::struct_:
      case Kind::union_:
        return step_struct(visit, t);
      case Kind::var:
        return step_variable(t);
      case Kind::datasec:
        return step_section(visit, t);
      case Kind::func:
        return step_function(t);
      case Kind::decl_tag:
        return step_decl_tag(t);
      default:
        return step_reference(t, false);
    }
  }

  // While pointers are followed, a modifier measured earlier may still hide a pointer that was not followed then.
  bool hides_open_pointer(TypeId id, TypeId& pointer) const {
    if (!is_modifier(btf_.type(id))) return false;
    pointer = stands_for(id);
    const Type& t = btf_.type(pointer);
    return t.kind == Kind::ptr && !ends_walk(t) && !done(pointer);
  }

  int step_reference(const Type& t, bool is_pointer) {
    TypeId next = t.type;
    const Type* target = look(next);
    if (target == nullptr || is_source_only(*target)) return refuse(logged_, t, "Invalid type_id");
    if (!ends_walk(*target) && !done(next)) return push(next);
    TypeId hidden = 0;
    if (is_pointer && hides_open_pointer(next, hidden)) return push(hidden);
    TypeId reached = next;
    if (!measure(reached)) {
      reached = next;
      if (done(next) && is_modifier(*target)) reached = stands_for(next);
      const Type& last = btf_.type(reached);
      if (last.kind != Kind::void_ && last.kind != Kind::fwd && last.kind != Kind::func_proto &&
          last.kind != Kind::func)
        return refuse(logged_, t, "Invalid type_id");
    }
    return finish(reached);
  }

  int step_variable(const Type& t) {
    TypeId next = t.type;
    const Type* target = look(next);
    if (target == nullptr || is_source_only(*target)) return refuse(logged_, t, "Invalid type_id");
    if (!ends_walk(*target) && !done(next)) return push(next);
    TypeId hidden = 0;
    if (hides_open_pointer(next, hidden)) return push(hidden);
    if (!measure(next)) return refuse(logged_, t, "Invalid type_id");
    return finish(next);
  }

  int step_array(const Type& t) {
    TypeId index = t.index_type;
    const Type* index_type = look(index);
    if (index_type == nullptr || is_sizeless(*index_type) || is_source_only(*index_type))
      return refuse(logged_, t, "Invalid index");
    if (!ends_walk(*index_type) && !done(index)) return push(index);
    if (!measure(index) || btf_.type(index).kind != Kind::int_ || !is_regular_int(btf_.type(index)))
      return refuse(logged_, t, "Invalid index");
    TypeId element = t.type;
    const Type* element_type = look(element);
    if (element_type == nullptr || is_sizeless(*element_type) || is_source_only(*element_type))
      return refuse(logged_, t, "Invalid elem");
    if (!ends_walk(*element_type) && !done(element)) return push(element);
    const auto size = measure(element);
    if (!size) return refuse(logged_, t, "Invalid elem");
    if (btf_.type(element).kind == Kind::int_ && !is_regular_int(btf_.type(element)))
      return refuse(logged_, t, "Invalid array of int");
    if (t.count != 0 && *size > std::numeric_limits<std::uint32_t>::max() / t.count)
      return refuse(logged_, t, "Array size overflows U32_MAX");
    return finish(element, *size * t.count);
  }

  int step_struct(Visit& visit, const Type& t) {
    const auto members = btf_.members(t);
    for (std::uint32_t i = visit.next; i < members.size(); ++i) {
      const Member& m = members[i];
      const Type* type = look(m.type);
      if (type == nullptr || is_sizeless(*type) || is_source_only(*type)) return refuse_member(t, m, "Invalid member");
      if (!ends_walk(*type) && !done(m.type)) {
        visit.next = i;
        return push(m.type);
      }
      if (const char* complaint = judge_member(t, m)) {
        Member shown = m;  // with the type that was judged
        if (is_modifier(*type) && stands_for(m.type) != 0) shown.type = stands_for(m.type);
        return refuse_member(t, shown, complaint);
      }
    }
    return finish();
  }

  int step_section(Visit& visit, const Type& t) {
    goal_ = Goal::undecided;  // each variable is a walk of its own
    const auto vars = btf_.section_vars(t);
    for (std::uint32_t i = visit.next; i < vars.size(); ++i) {
      const SectionVar& v = vars[i];
      const Type* var = look(v.type);
      if (var == nullptr || var->kind != Kind::var) return refuse_variable(t, v, "Not a VAR kind member");
      if (!ends_walk(*var) && !done(v.type)) {
        visit.next = i;
        return push(v.type);
      }
      TypeId type = var->type;
      const auto size = measure(type);
      if (!size) return refuse_variable(t, v, "Invalid type");
      if (v.size < *size) return refuse_variable(t, v, "Invalid size");
    }
    return finish();
  }

  int step_function(const Type& t) {
    const Type* prototype = look(t.type);
    if (prototype == nullptr || prototype->kind != Kind::func_proto) return refuse(logged_, t, "Invalid type_id");
    const auto params = btf_.params(*prototype);
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (params[i].name.data() == nullptr && params[i].type != 0)
        return refuse(logged_, t, log_.enabled() ? fmt::format("Invalid arg#{}", i + 1) : std::string());
    }
    return finish();
  }

  int step_decl_tag(const Type& t) {
    const Type* target = look(t.type);
    if (target == nullptr || !(target->kind == Kind::func || target->is_struct_or_union() ||
                               target->kind == Kind::var || target->kind == Kind::typedef_))
      return refuse(logged_, t, "Invalid type_id");
    if (!ends_walk(*target) && !done(t.type)) return push(t.type);
    if (t.component != -1) {
      if (target->kind == Kind::var || target->kind == Kind::typedef_)
        return refuse(logged_, t, "Invalid component_idx");
      const Type& holder = target->is_struct_or_union() ? *target : btf_.type(target->type);
      if (static_cast<std::uint32_t>(t.component) >= holder.vlen) return refuse(logged_, t, "Invalid component_idx");
    }
    return finish();
  }

  int check_prototype(TypeId id, const Type& t) {
    if (t.type != 0) {
      TypeId result = t.type;
      const Type* type = look(result);
      if (type == nullptr || is_source_only(*type)) return refuse(id, t, "Invalid return type");
      if (needs_walk(*type) && !done(result)) {
        if (const int error = walk(result)) return error;
      }
      if (!measure(result)) return refuse(id, t, "Invalid return type");
    }
    const auto params = btf_.params(t);
    std::size_t count = params.size();
    const auto refuse_param = [&](std::size_t i) {
      return refuse(id, t, log_.enabled() ? fmt::format("Invalid arg#{}", i + 1) : std::string());
    };
    if (count != 0 && params[count - 1].type == 0) {
      if (params[count - 1].name.data() != nullptr) return refuse_param(count - 1);
      --count;
    }
    for (std::size_t i = 0; i < count; ++i) {
      TypeId type_id = params[i].type;
      const Type* type = look(type_id);
      if (type == nullptr || is_source_only(*type)) return refuse_param(i);
      if (params[i].name.data() != nullptr && !is_identifier(params[i].name)) return refuse_param(i);
      if (needs_walk(*type) && !done(type_id)) {
        if (const int error = walk(type_id)) return error;
      }
      if (!measure(type_id)) return refuse_param(i);
    }
    return 0;
  }

  const char* judge_member(const Type& owner, const Member& m) const {
    TypeId id = m.type;
    const auto size = measure(id);
    if (!size) return "Invalid member";
    const Type& type = btf_.type(id);
    const std::uint64_t end = std::uint64_t{owner.size} * 8;
    const std::uint64_t offset = m.bit_offset;
    constexpr auto exceeds = "Member exceeds struct_size";
    if (type.kind == Kind::int_) {
      std::uint64_t bits = type.int_bits;
      std::uint64_t begin = offset;
      if (owner.kind_flag) {
        if (!is_regular_int(type)) return "Invalid member base type";
        if (m.bit_size == 0) {
          if (offset % 8 != 0) return "Invalid member offset";
        } else {
          if (m.bit_size > bits) return "Invalid member bitfield_size";
          bits = m.bit_size;
        }
      } else {
        begin += type.int_offset;
        if (begin > std::numeric_limits<std::uint32_t>::max()) return "bits_offset exceeds U32_MAX";
      }
      if (bits + begin % 8 > 128) return "nr_copy_bits exceeds 128";
      return (begin + bits + 7) / 8 * 8 > end ? exceeds : nullptr;
    }
    if ((type.kind == Kind::enum_ || type.kind == Kind::enum64) && owner.kind_flag) {
      std::uint64_t bits = 32;
      if (m.bit_size == 0) {
        if (offset % 8 != 0) return "Member is not byte aligned";
      } else {
        if (m.bit_size > bits) return "Invalid member bitfield_size";
        bits = m.bit_size;
      }
      return (offset + bits + 7) / 8 * 8 > end ? exceeds : nullptr;
    }
    if (m.bit_size != 0) return "Invalid member bitfield_size";
    if (type.kind == Kind::float_) {
      if (offset % (std::uint64_t{std::min(pointer_size, type.size)} * 8) != 0) return "Member is not properly aligned";
    } else if (offset % 8 != 0) {
      return "Member is not byte aligned";
    }
    return offset + std::uint64_t{*size} * 8 > end ? exceeds : nullptr;
  }

  const Btf& btf_;
  const Btf::Data& data_;
  ParseLog& log_;
  TypeId first_;
  TypeId end_;
  std::vector<State> state_;
  std::vector<TypeId> stands_for_;
  std::vector<std::uint32_t> array_size_;
  std::vector<Visit> stack_;
  Goal goal_ = Goal::undecided;
  TypeId logged_ = 0;
};

}  // namespace

int check_references(const Btf& btf, const Btf::Data& data, ParseLog& log) {
  return References(btf, data, log).check_all();
}

int check_kernel_references(const Btf& btf, const Btf::Data& data, ParseLog& log) {
  const TypeId first = data.first_id;
  const TypeId end = data.end_id();
  const auto bad = [&](TypeId id, std::string_view complaint) {
    log.type(id, btf.type(id), complaint);
    return -EINVAL;
  };
  // Every id exists. `holds` is then what a type contains by value or stands for: what may not come back to it.
  for (TypeId id = first; id < end; ++id) {
    const Type& t = btf.type(id);
    if (t.type >= end || t.index_type >= end) return bad(id, "Invalid type_id");
    for (const Member& m : btf.members(t))
      if (m.type >= end) return bad(id, "Invalid member");
    for (const Param& p : btf.params(t))
      if (p.type >= end) return bad(id, "Invalid arg");
    for (const SectionVar& v : btf.section_vars(t))
      if (v.type >= end || btf.type(v.type).kind != Kind::var) return bad(id, "Not a VAR kind member");
  }
  for (TypeId id = first; id < end; ++id) {
    const Type& t = btf.type(id);
    if (t.kind == Kind::func && btf.type(t.type).kind != Kind::func_proto) return bad(id, "Invalid type_id");
    if (t.kind == Kind::decl_tag && t.component >= 0) {
      const Type& target = btf.type(t.type);
      const Type& holder = target.kind == Kind::func ? btf.type(target.type) : target;
      if (static_cast<std::uint32_t>(t.component) >= holder.vlen) return bad(id, "Invalid component_idx");
    }
  }
  enum class State : std::uint8_t { unseen, open, done };
  std::vector<State> state(end - first, State::unseen);
  struct Visit {
    TypeId id;
    std::uint32_t next;
  };
  std::vector<Visit> stack;
  for (TypeId root = first; root < end; ++root) {
    if (state[root - first] != State::unseen) continue;
    state[root - first] = State::open;
    stack.push_back({root, 0});
    while (!stack.empty()) {
      Visit& visit = stack.back();
      const Type& t = btf.type(visit.id);
      TypeId next = 0;
      if (t.is_modifier() || t.kind == Kind::array || t.kind == Kind::var) {
        if (visit.next++ == 0) next = t.type;
      } else if (t.is_struct_or_union() && visit.next < t.vlen) {
        next = btf.members(t)[visit.next++].type;
        if (next == 0) next = first - 1;  // a member of type void: nothing below it, but more members may follow
      }
      if (next == 0 && !(t.is_struct_or_union() && visit.next < t.vlen)) {
        state[visit.id - first] = State::done;
        stack.pop_back();
      } else if (next >= first) {
        State& s = state[next - first];
        if (s == State::open) return bad(visit.id, "Loop detected"), -EEXIST;
        if (s == State::unseen) {
          s = State::open;
          stack.push_back({next, 0});
        }
      }
    }
  }
  return 0;
}

}  // namespace skep::btf
