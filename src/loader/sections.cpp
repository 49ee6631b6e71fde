// Program sections that the distribution's libbpf does not know yet, taught to it when it is first used.
//
// Linux 7.x's libbpf knows sessions (one program at a function's entry and exit) and programs that attach to many
// functions; 1.4 does not. What they mean is a program type, an attach type and, for sessions of one function, its BTF
// id. Tested by tests/loader/sections_test.cpp.
#include "loader/sections.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include <string>
#include <string_view>

#include "skep/abi.hpp"
#include "skep/kernel.hpp"

namespace {

using skep::AttachType;
using skep::ProgType;

// What the section's second part names, for which the program is verified.
enum class Target { none, function, tracepoint };

using Attach = int (*)(const bpf_program* program, long cookie, bpf_link** link);

struct Section {
  const char* name;
  ProgType type;
  AttachType attach;
  bool sleepable;
  Target target = Target::none;
  Attach attach_program = nullptr;  // without one, only programs of a C API of its own attach it
};

// What follows the section's first part, or null.
const char* target_name(const bpf_program* program) {
  const char* slash = strchr(bpf_program__section_name(program), '/');
  return slash != nullptr ? slash + 1 : nullptr;
}

int attached(bpf_link* made, bpf_link** link) {
  *link = made;
  return made != nullptr ? 0 : -errno;
}
int attach_trace(const bpf_program* program, long, bpf_link** link) {
  return attached(bpf_program__attach_trace(program), link);
}
// A section without a name is attached by hand.
int attach_raw_tracepoint(const bpf_program* program, long, bpf_link** link) {
  const char* name = target_name(program);
  return name != nullptr ? attached(bpf_program__attach_raw_tracepoint(program, name), link) : 0;
}
int attach_tracepoint(const bpf_program* program, long, bpf_link** link) {
  const char* name = target_name(program);
  if (name == nullptr) return 0;
  const char* slash = strchr(name, '/');
  if (slash == nullptr) return -EINVAL;
  const std::string category(name, slash);
  return attached(bpf_program__attach_tracepoint(program, category.c_str(), slash + 1), link);
}

constexpr std::uint32_t sleepable_flag = 1U << 4;

constexpr AttachType no_attach_type{};

constexpr Section sections[] = {
    {"fsession+", ProgType::tracing, AttachType::trace_fsession, false, Target::function, attach_trace},
    {"fsession.s+", ProgType::tracing, AttachType::trace_fsession, true, Target::function, attach_trace},
    {"tp_btf.s+", ProgType::tracing, AttachType::trace_raw_tp, true, Target::tracepoint, attach_trace},
    {"raw_tp.s+", ProgType::raw_tracepoint, no_attach_type, true, Target::none, attach_raw_tracepoint},
    {"raw_tracepoint.s+", ProgType::raw_tracepoint, no_attach_type, true, Target::none, attach_raw_tracepoint},
    {"tp.s+", ProgType::tracepoint, no_attach_type, true, Target::none, attach_tracepoint},
    {"tracepoint.s+", ProgType::tracepoint, no_attach_type, true, Target::none, attach_tracepoint},
    {"fsession.multi+", ProgType::tracing, AttachType::trace_fsession_multi, false},
    {"fsession.multi.s+", ProgType::tracing, AttachType::trace_fsession_multi, true},
    {"fentry.multi+", ProgType::tracing, AttachType::trace_fentry_multi, false},
    {"fentry.multi.s+", ProgType::tracing, AttachType::trace_fentry_multi, true},
    {"fexit.multi+", ProgType::tracing, AttachType::trace_fexit_multi, false},
    {"fexit.multi.s+", ProgType::tracing, AttachType::trace_fexit_multi, true},
    {"kprobe.session+", ProgType::kprobe, AttachType::trace_kprobe_session, false},
    {"uprobe.session+", ProgType::kprobe, AttachType::trace_uprobe_session, false},
    {"uprobe.session.s+", ProgType::kprobe, AttachType::trace_uprobe_session, true},
};

int prepare(struct bpf_program* program, struct bpf_prog_load_opts* options, long cookie) {
  const Section& section = sections[cookie];
  options->expected_attach_type = static_cast<bpf_attach_type>(section.attach);
  if (section.sleepable) options->prog_flags |= sleepable_flag;
  if (section.target == Target::none || options->attach_btf_id != 0) return 0;
  const char* name = target_name(program);
  if (name == nullptr) return -EINVAL;
  skep::Kernel& kernel = skep::current_kernel();
  const int id = section.target == Target::function ? kernel.find_function(name, options->attach_btf_obj_fd)
                                                    : kernel.find_tracepoint(name, options->attach_btf_obj_fd);
  if (id <= 0) return -ESRCH;
  options->attach_btf_id = static_cast<__u32>(id);
  return 0;
}

bool known(const char* name) {
  bpf_prog_type type{};
  bpf_attach_type attach{};
  std::string text(name);
  text.back() = '/';
  text += 'x';
  const libbpf_print_fn_t previous = libbpf_set_print(nullptr);  // it warns about what it does not know
  const bool found = libbpf_prog_type_by_name(text.c_str(), &type, &attach) == 0;
  libbpf_set_print(previous);
  return found;
}

}  // namespace

namespace skep::loader {

void teach_sections() {
  for (std::size_t i = 0; i < std::size(sections); ++i) {
    const Section& section = sections[i];
    if (known(section.name)) continue;
    LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = static_cast<long>(i), .prog_prepare_load_fn = prepare,
                .prog_attach_fn = section.attach_program);
    libbpf_register_prog_handler(section.name, static_cast<bpf_prog_type>(section.type),
                                 static_cast<bpf_attach_type>(section.attach), &options);
  }
}

}  // namespace skep::loader
