// Programs whose context is a struct of fields. See progtypes/described.hpp.
//
// Which fields are pointers, and into what, the program type's own rules of access say.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/helper_set.hpp"
#include "progtypes/described.hpp"
#include "runtime/occasion.hpp"

namespace skep::progtypes {
namespace {

using describe::Value;
using Bytes = std::span<const std::uint8_t>;

// What may be described beside the fields of the context: what the occasion of the run is.
struct Circumstance {
  std::string_view name;
  std::string runtime::Occasion::* text;
};
constexpr Circumstance circumstances[] = {{"setting", &runtime::Occasion::setting},
                                          {"current_value", &runtime::Occasion::current_value}};

// Where a function's arguments and its result are on x86-64, whose registers programs are shown.
constexpr std::pair<std::string_view, std::string_view> registers[] = {
    {"arg1", "di"}, {"arg2", "si"}, {"arg3", "dx"}, {"arg4", "cx"}, {"arg5", "r8"}, {"arg6", "r9"}, {"return", "ax"}};

class FieldInvocation final : public DescribedInvocation {
 public:
  FieldInvocation(const ProgTypeDef& type, const ProgramTraits& traits) : type_(type), traits_(traits) {}

  int make(const DescribedRequest& request) override {
    objects_ = &request.objects;
    types_ = &request.types;
    const Bytes data = request.data, given = request.context;
    run_ = 0;
    const Signature& signature = request.signature;
    occasion_ = {};
    occasion_.addresses = request.addresses;
    occasion_.function = signature.function;
    target_ = signature.function;
    session_ = signature.session;
    parameters_.clear();
    if (signature.prototype != 0)
      for (const btf::Param& parameter : signature.types->params(signature.types->type(signature.prototype)))
        parameters_.emplace_back(parameter.name);
    struct_ = find_struct(request.described);
    size_ = std::max(is_record() ? request.context_used : type_.context_size, request.context_used);
    if (struct_ != 0) size_ = std::max(size_, types_->size_of(struct_).value_or(0));
    size_ = std::max(size_, static_cast<std::uint32_t>(given.size()));
    block_ = static_cast<std::uint8_t*>(objects_->make_bytes(size_, ""));
    std::ranges::copy(given, block_);
    if (struct_ != 0) objects_->set_type(block_, struct_);
    objects_->give(block_, given.size());
    fill(packet_, data, packet_headroom, packet_headroom + data.size() + packet_tailroom);
    has_packet_ = !data.empty();
    if (const int error = describe(request.described); error != 0) return error;
    if (!objects_->connect()) return complaint_ = objects_->error(), -EINVAL;
    context_.reset(size_);
    context_.header().packet = &packet_;
    context_.header().object = &occasion_;
    lead_somewhere();
    return 0;
  }
  void* context() override { return context_.address(); }
  std::string_view complaint() const override { return complaint_; }
  std::uint32_t runs() const override { return session_ ? 2 : 1; }
  void before_run() override {
    const std::uint32_t run = run_++ % runs();
    occasion_.returning = session_ && run == 1;
    if (run == 0) occasion_.session_cookie = 0;
    if (run == 0) std::memcpy(context_.address(), block_, size_);
    point();
  }
  bool goes_on(std::uint64_t result) override {
    if (session_ && static_cast<std::uint32_t>(result) != 0 && run_ % 2 == 1) {
      ++run_;
      return false;
    }
    return true;
  }
  DescribedResults take() override {
    return {.data = has_packet_ ? Bytes(packet_.data()) : Bytes(),
            .context = {static_cast<const std::uint8_t*>(context_.address()), size_}};
  }

 private:
  struct Pointer {
    std::uint32_t offset = 0, size = 0;
    CtxField kind{};
    bool maybe_null = false;
  };

  int complain(std::string_view path, std::string_view what) {
    complaint_ = path.empty() ? std::string(what) : fmt::format("{}: {}", path, what);
    return -EINVAL;
  }

  // The context's type: the one that is described, else the program type's.
  btf::TypeId find_struct(const Value* described) const {
    const Value* const named = described != nullptr ? described->field("$type") : nullptr;
    if (named == nullptr && is_record()) {
      // Raising and leaving system calls have one record each.
      for (const std::string& record : {std::string(target_), std::string(target_.substr(0, target_.find('_', 4)))})
        if (const btf::TypeId found = types_->find("trace_event_raw_" + record, btf::Kind::struct_); found != 0)
          return found;
      return 0;
    }
    const std::string_view name = named != nullptr ? std::string_view(named->text) : type_.context_type;
    for (const std::string_view one : {name, type_.kernel_context_type}) {
      if (const btf::TypeId found = types_->find(one, btf::Kind::struct_); found != 0) return found;
      if (named != nullptr) return 0;
      if (const btf::TypeId found = types_->find(one, btf::Kind::typedef_); found != 0)
        return types_->skip_modifiers(found);
    }
    return 0;
  }

  int describe(const Value* described) {
    if (described == nullptr || described->is(Value::Kind::null)) return 0;
    if (described->is(Value::Kind::number) && type_.context_size == 4) {
      put(block_, 0, static_cast<std::uint32_t>(described->number));
      return objects_->give(block_, 4), 0;
    }
    if (!described->is(Value::Kind::fields)) return complain("the context", "a JSON object with its fields is wanted");
    for (std::size_t i = 0; i < described->items.size(); ++i) {
      const std::string& name = described->names[i];
      const Value& value = described->items[i];
      if (name == "$type") {
        if (struct_ == 0) return complain(name, fmt::format("the kernel's types have no struct {}", value.text));
        continue;
      }
      if (const int done = describe_circumstance(name, value); done <= 0) {
        if (done != 0) return done;
        continue;
      }
      if (struct_ == 0)
        return complain(name, type_.context_type.empty()
                                  ? "what is the context? Say so: {\"$type\": \"trace_event_raw_sched_switch\", …}"
                                  : "the kernel's types do not describe the context; give others");
      if (const int error = describe_field(name, value); error != 0) return error;
    }
    return 0;
  }
  // 0: it is one, and done; 1: it is none.
  int describe_circumstance(const std::string& name, const Value& value) {
    if (name == "cookie" && value.is(Value::Kind::number) && may_call(HelperId::get_attach_cookie)) {
      occasion_.attach_cookie = value.number;
      return 0;
    }
    if (!may_call(HelperId::sysctl_get_name)) return 1;
    for (const Circumstance& one : circumstances)
      if (one.name == name)
        return value.is(Value::Kind::text) ? (occasion_.*one.text = value.text, 0) : complain(name, "a text is wanted");
    if (name != "new_value") return 1;
    if (!value.is(Value::Kind::text)) return complain(name, "a text is wanted");
    occasion_.wanted = value.text;
    return 0;
  }
  int describe_field(const std::string& name, const Value& value) {
    const btf::Btf& types = *types_;
    for (const btf::Member& member : types.members(types.type(struct_))) {
      // A pointer stands in a union without a name, with padding, so that it has eight bytes everywhere.
      const btf::Type& outer = types.resolved(member.type);
      const auto inner = outer.kind == btf::Kind::union_ && member.name.empty() ? types.members(outer)
                                                                                : std::span<const btf::Member>{};
      const btf::Member& named = inner.empty() ? member : inner[0];
      if (named.name != name) continue;
      const std::uint32_t offset = member.byte_offset(), size = types.size_of(named.type).value_or(0);
      switch (access(offset, size).field) {
        case CtxField::socket:
        case CtxField::socket_or_null:
        case CtxField::sock_common_or_null:
          return describe_socket(name, value, offset);
        case CtxField::packet:
          return describe_packet(name, value);
        case CtxField::packet_end:
        case CtxField::packet_meta:
          return complain(name, "it follows from the packet");
        case CtxField::flow_keys:
          if (const auto to = objects_->target(value, types.find("bpf_flow_keys", btf::Kind::struct_), name)) {
            put(block_, offset, *to);
            return objects_->give(block_ + offset, 8), 0;
          }
          return complaint_ = objects_->error(), -EINVAL;
        default:
          break;
      }
      break;
    }
    if (type_.context_type == "bpf_user_pt_regs_t")
      for (std::size_t i = 0; i < std::size(registers); ++i)
        if (registers[i].first == name ||
            (i < parameters_.size() && parameters_[i] == name && registers[i].second != "ax"))
          return describe_in_struct(std::string(registers[i].second), value);
    return describe_in_struct(name, value);
  }
  // By the struct, which knows members of structs within it too.
  int describe_in_struct(const std::string& name, const Value& value) {
    Value one{.kind = Value::Kind::fields};
    one.names.push_back(name);
    one.items.push_back(value);
    if (!objects_->put(one, struct_, block_, "")) return complaint_ = objects_->error(), -EINVAL;
    return 0;
  }
  int describe_socket(const std::string& name, const Value& value, std::uint32_t offset) {
    if (value.is(Value::Kind::null) && access(offset, 8).field == CtxField::socket)
      return complain(name, "programs may rely on it that this is never null");
    const auto to = objects_->target(value, types_->find("bpf_sock", btf::Kind::struct_), name);
    if (!to) return complaint_ = objects_->error(), -EINVAL;
    put(block_, offset, *to);
    return objects_->give(block_ + offset, 8), 0;
  }
  int describe_packet(const std::string& name, const Value& value) {
    std::vector<std::uint8_t> bytes;
    if (value.is(Value::Kind::text)) bytes.assign(value.text.begin(), value.text.end());
    for (const Value& byte : value.items) {
      if (!byte.is(Value::Kind::number) || byte.number > 255) return complain(name, "bytes or a text are wanted");
      bytes.push_back(static_cast<std::uint8_t>(byte.number));
    }
    fill(packet_, bytes, packet_headroom, packet_headroom + bytes.size() + packet_tailroom);
    has_packet_ = true;
    return 0;
  }

  // Its layout is the target's: a tracepoint's record.
  bool is_record() const { return type_.context_type.empty(); }
  bool may_call(HelperId id) const { return type_.helper_allowed(static_cast<std::uint32_t>(id), traits_); }
  CtxAccess access(std::uint32_t offset, std::uint32_t size) const {
    return type_.context_access != nullptr
               ? type_.context_access(static_cast<std::int32_t>(offset), size, false, traits_)
               : CtxAccess{};
  }

  // The pointers of the context, and what they lead to where nothing was described.
  void lead_somewhere() {
    pointers_.clear();
    if (is_record()) return;
    for (std::uint32_t offset = 0; offset + 4 <= type_.context_size; offset += 4)
      for (const std::uint32_t size : {8U, 4U}) {
        const CtxAccess found = offset % size == 0 ? access(offset, size) : CtxAccess{};
        if (!found.allowed || found.field == CtxField::scalar) continue;
        pointers_.push_back({offset, size, found.field, found.maybe_null});
        break;
      }
    for (const Pointer& pointer : pointers_) {
      const bool socket = pointer.kind == CtxField::socket;
      if ((!socket && pointer.kind != CtxField::flow_keys) || take_field<std::uint64_t>(block_, pointer.offset) != 0)
        continue;
      const btf::TypeId to = types_->find(socket ? "bpf_sock" : "bpf_flow_keys", btf::Kind::struct_);
      void* const object = to != 0 ? objects_->make(to, socket ? "sk" : "flow_keys")
                                   : objects_->make_bytes(largest_unknown, socket ? "sk" : "flow_keys");
      put(block_, pointer.offset, reinterpret_cast<std::uint64_t>(object));
    }
  }
  // Where the packet is now.
  void point() {
    const auto begin = reinterpret_cast<std::uint64_t>(packet_.storage.data() + packet_.begin);
    for (const Pointer& pointer : pointers_) {
      std::uint64_t to = 0;
      switch (pointer.kind) {
        case CtxField::packet:
          to = begin;
          break;
        case CtxField::packet_end:
          to = begin + (packet_.end - packet_.begin);
          break;
        case CtxField::packet_meta:
          to = begin - packet_.meta;
          break;
        default:
          continue;
      }
      if (pointer.size == 4)
        runtime::Context::set_pointer(context_.address(), pointer.offset, to);
      else
        put(context_.address(), pointer.offset, to);
    }
  }

  static constexpr std::size_t largest_unknown = 256;  // of structs that the kernel's types do not have
  const ProgTypeDef& type_;
  const ProgramTraits& traits_;
  const btf::Btf* types_ = nullptr;
  describe::Objects* objects_ = nullptr;
  btf::TypeId struct_ = 0;
  std::uint32_t size_ = 0, run_ = 0;
  std::uint8_t* block_ = nullptr;  // the context as described
  bool has_packet_ = false, session_ = false;
  std::string_view target_;
  std::vector<std::string> parameters_;  // of the function that is probed
  std::vector<Pointer> pointers_;
  runtime::Packet packet_;
  runtime::Occasion occasion_;
  std::string complaint_;
  runtime::Context context_{8};
};

}  // namespace

std::unique_ptr<DescribedInvocation> make_field_invocation(const ProgTypeDef& type, const ProgramTraits& traits) {
  return std::make_unique<FieldInvocation>(type, traits);
}

}  // namespace skep::progtypes
