// Programs that are called as a function of the kernel. See progtypes/described.hpp.
//
// Every argument that is a pointer to a struct leads to one, described or empty: that programs may rely on. Those that
// the kernel says may be null are named so (__nullable), and iterators get null at their end.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "progtypes/attach_rules.hpp"
#include "progtypes/common/context_bytes.hpp"
#include "progtypes/described.hpp"
#include "runtime/occasion.hpp"

namespace skep::progtypes {
namespace {

using describe::Value;

class TypedInvocation final : public DescribedInvocation {
 public:
  explicit TypedInvocation(const ProgramTraits& traits) : traits_(traits) {}
  int make(const DescribedRequest& request) override {
    signature_ = request.signature;
    objects_ = &request.objects;
    occasion_ = {};
    occasion_.addresses = request.addresses;
    occasion_.function = signature_.function;
    occasion_.has_result = knows_result(traits_.attach_type);
    report_.assign(request.data.begin(), request.data.end());
    occasion_.report = report_;
    rounds_.clear();
    run_ = 0;
    if (signature_.types == nullptr) return -EINVAL;
    if (const int error = find_parameters(); error != 0) return error;
    std::uint32_t words = 0;
    for (const Parameter& parameter : parameters_) words = std::max(words, parameter.word + parameter.words);
    context_.reset(std::max(words * 8, request.context_used) + 8);
    context_.header().size = words * 8;
    context_.header().object = &occasion_;
    const Value nothing;
    const Value& described = request.described != nullptr ? *request.described : nothing;
    if (!described.is(Value::Kind::null) && !described.is(Value::Kind::fields))
      return complain("the context", "a JSON object with the names of arguments is wanted");
    for (const std::string& name : described.names)
      if (!is_argument(name))
        return complain(name, fmt::format("there is no such argument; there are {}", all_names()));
    record_used_ = request.record_used;
    if (const int error = lay_out(described); error != 0) return error;
    if (!objects_->connect()) return complain_of_objects();
    return 0;
  }
  void* context() override { return context_.address(); }
  std::string_view complaint() const override { return complaint_; }

  std::uint32_t runs() const override {
    return signature_.iterates ? static_cast<std::uint32_t>(rounds_.size()) : signature_.session ? 2 : 1;
  }
  void before_run() override {
    const std::uint32_t run = run_++ % runs();
    if (run == 0) occasion_.output.clear();
    occasion_.returning = signature_.session && run == 1;
    if (run == 0) occasion_.session_cookie = 0;
    std::memcpy(context_.address(), rounds_[signature_.iterates ? run : 0], context_.header().size + 8);
    // At the entry there is no result yet.
    if (signature_.session && run == 0) put<std::uint64_t>(context_.address(), context_.header().size, 0);
  }
  bool goes_on(std::uint64_t result) override {
    if (signature_.session && static_cast<std::uint32_t>(result) != 0 && run_ % 2 == 1) {
      ++run_;
      return false;
    }
    return true;
  }
  DescribedResults take() override { return {.data = report_, .output = occasion_.output}; }

 private:
  struct Parameter {
    std::string name;
    btf::TypeId type = 0;
    std::uint32_t word = 0, words = 1;
    btf::TypeId object = 0;  // what it points to, if that is a struct
    bool buffer = false;     // it points to the bytes of an element, as many as a map says
  };

  int complain(std::string_view path, std::string_view what) {
    complaint_ = fmt::format("{}: {}", path, what);
    return -EINVAL;
  }
  int complain_of_objects() {
    complaint_ = objects_->error();
    return -EINVAL;
  }

  int find_parameters() {
    const btf::Btf& types = *signature_.types;
    const btf::Type& prototype = types.type(signature_.prototype);
    parameters_.clear();
    if (prototype.kind != btf::Kind::func_proto) {
      constexpr std::uint32_t most = 12;
      for (std::uint32_t i = 0; i < most; ++i) parameters_.push_back({fmt::format("arg{}", i), 0, i});
      return 0;
    }
    std::uint32_t word = 0, index = 0;
    const auto all = types.params(prototype);
    const auto named = signature_.named != 0 ? types.params(types.type(signature_.named)) : all;
    for (std::size_t i = signature_.first; i < all.size(); ++i) {
      const btf::Param& param = all[i];
      Parameter found{std::string(i < named.size() ? named[i].name : param.name), param.type, word};
      if (found.name.empty()) found.name = fmt::format("arg{}", index);
      const btf::Type& type = types.resolved(param.type);
      if (type.is_struct_or_union()) found.words = (type.size + 7) / 8;
      if (const auto to = types.pointee(param.type)) {
        const bool is_struct = types.type(*to).is_struct_or_union();
        if (is_struct) found.object = *to;
        const std::string_view shown =
            shown_argument(traits_, index, is_struct ? types.type(*to).name : std::string_view());
        if (const btf::TypeId as = shown.empty() ? 0 : types.find(shown, btf::Kind::struct_); as != 0)
          found.object = as;
        found.buffer = signature_.iterates && types.type(*to).kind == btf::Kind::void_;
      }
      word += found.words;
      ++index;
      parameters_.push_back(std::move(found));
    }
    return 0;
  }
  bool is_argument(std::string_view name) const {
    return (name == "return" && !signature_.iterates) ||
           std::ranges::find(parameters_, name, &Parameter::name) != parameters_.end();
  }
  std::string all_names() const {
    std::string names;
    for (const Parameter& parameter : parameters_) names += parameter.name + ", ";
    return names + (signature_.iterates ? "and no others" : "return");
  }

  // One argument's words; `value` null: it is not described.
  bool lay_out_one(const Parameter& parameter, const Value* value, std::uint64_t* words) {
    const bool null = value != nullptr && value->is(Value::Kind::null);
    if (null && parameter.object != 0 && !signature_.iterates && !parameter.name.ends_with("__nullable"))
      return complain(parameter.name, "programs may rely on it that this is never null"), false;
    if (parameter.buffer && value != nullptr && !null)
      return complain(parameter.name, "elements of maps cannot be described"), false;
    // Programs of another program's function see the kernel's own types there.
    const bool hidden = parameter.object != 0 && !signature_.types->is_kernel();
    if (hidden && value != nullptr)
      return complain(parameter.name, "another program's context cannot be described"), false;
    if (value == nullptr) {
      void* const object = hidden                  ? objects_->make_bytes(largest_context, parameter.name)
                           : parameter.object != 0 ? objects_->make(parameter.object, parameter.name)
                                                   : nullptr;
      if (parameter.object != 0 && object == nullptr) return complain_of_objects(), false;
      words[0] = reinterpret_cast<std::uint64_t>(object);
      return true;
    }
    const btf::TypeId type = signature_.types->skip_modifiers(parameter.type);
    if (parameter.object != 0 || type == 0) {
      if (type == 0 || value->field("$ref") == nullptr) {
        const auto to = objects_->target(*value, parameter.object, parameter.name);
        if (!to) return complain_of_objects(), false;
        words[0] = *to;
        return true;
      }
    }
    if (!objects_->put(*value, type, words, parameter.name)) return complain_of_objects(), false;
    // Numbers of fewer than eight bytes come as the C conventions have them: with their sign.
    const btf::Type& number = signature_.types->type(type);
    if (number.kind == btf::Kind::int_ && (number.int_encoding & 1) != 0 && number.size < 8) {
      const unsigned shift = 64 - number.size * 8;
      words[0] = static_cast<std::uint64_t>(static_cast<std::int64_t>(words[0] << shift) >> shift);
    }
    return true;
  }

  int lay_out(const Value& described) {
    std::uint32_t words = 1;
    for (const Parameter& parameter : parameters_) words = std::max(words, parameter.word + parameter.words + 1);
    const std::size_t rounds = signature_.iterates ? objects_in(described) + 1 : 1;
    for (std::size_t i = 0; i < rounds; ++i)
      rounds_.push_back(static_cast<std::uint64_t*>(objects_->make_bytes(words * std::size_t{8}, "")));
    void* file = nullptr;
    for (std::size_t i = 0; i < rounds; ++i) {
      const bool end = signature_.iterates && i + 1 == rounds;
      for (const Parameter& parameter : parameters_) {
        std::uint64_t* const at = rounds_[i] + parameter.word;
        if (signature_.iterates && parameter.word == 0) {
          if (!lay_out_meta(parameter, i, file, at)) return complain_of_objects();
          continue;
        }
        const Value* value = described.field(parameter.name);
        if (signature_.iterates && value != nullptr && value->is(Value::Kind::list) && parameter.object != 0)
          value = i < value->items.size() ? &value->items[i] : nullptr;
        if (end && !is_fixed(parameter)) continue;  // null: that was the last
        if (!lay_out_one(parameter, value, at)) return -EINVAL;
      }
    }
    // The record of a writable tracepoint is there.
    if (record_used_ != 0 && rounds_[0][0] == 0)
      rounds_[0][0] = reinterpret_cast<std::uint64_t>(objects_->make_bytes(record_used_, "record"));
    const Value* const result = described.field("return");
    if (result == nullptr) return 0;
    const btf::TypeId type = signature_.types->type(signature_.prototype).type;
    if (type == 0) return complain("return", "the function returns nothing");
    Parameter parameter{"return", type, words - 1};
    return lay_out_one(parameter, result, rounds_[0] + words - 1) ? 0 : -EINVAL;
  }
  // How many objects an iterator runs over: the longest list's.
  std::size_t objects_in(const Value& described) const {
    std::size_t most = 0;
    for (const Value& value : described.items)
      if (value.is(Value::Kind::list)) most = std::max(most, value.items.size());
    return most;
  }
  // The map whose elements are iterated over is there at the end, too.
  bool is_fixed(const Parameter& parameter) const {
    return parameter.object != 0 && signature_.types->type(parameter.object).name == "bpf_map" &&
           signature_.function != "bpf_iter_bpf_map";
  }
  // struct bpf_iter_meta: the file, and where the iteration is.
  bool lay_out_meta(const Parameter& parameter, std::size_t round, void*& file, std::uint64_t* at) {
    const btf::Btf& types = *signature_.types;
    if (parameter.object == 0) return true;
    void* const meta = objects_->make(parameter.object, parameter.name);
    if (meta == nullptr) return false;
    objects_->give(meta, types.size_of(parameter.object).value_or(0));
    for (const btf::Member& member : types.members(types.type(parameter.object))) {
      // `seq` stands in a union, as its kind of pointers do.
      const auto inner = types.resolved(member.type).is_struct_or_union() ? types.members(types.resolved(member.type))
                                                                          : std::span<const btf::Member>{};
      const btf::Member& named = inner.empty() ? member : inner[0];
      if (named.name == "seq_num") put(meta, member.byte_offset(), std::uint64_t{round});
      if (named.name != "seq") continue;
      if (const auto to = types.pointee(named.type); to && file == nullptr) file = objects_->make(*to, "meta.seq");
      put(meta, member.byte_offset(), reinterpret_cast<std::uint64_t>(file));
    }
    *at = reinterpret_cast<std::uint64_t>(meta);
    return true;
  }

  const ProgramTraits& traits_;
  static constexpr std::size_t largest_context = 16384;  // of the kernel's own types of contexts
  Signature signature_;
  describe::Objects* objects_ = nullptr;
  std::vector<Parameter> parameters_;
  std::vector<std::uint64_t*> rounds_;  // the context's words, of each run: in the objects, for names to lead there
  std::uint32_t run_ = 0, record_used_ = 0;
  std::vector<std::uint8_t> report_;
  runtime::Occasion occasion_;
  std::string complaint_;
  runtime::Context context_{8};
};

}  // namespace

std::unique_ptr<DescribedInvocation> make_typed_invocation(const ProgramTraits& traits) {
  return std::make_unique<TypedInvocation>(traits);
}

}  // namespace skep::progtypes
