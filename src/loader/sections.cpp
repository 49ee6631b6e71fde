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

struct Section {
  const char* name;
  ProgType type;
  AttachType attach;
  bool sleepable;
  bool one_function;  // the section's second part names the function that the program is verified for
};

constexpr std::uint32_t sleepable_flag = 1U << 4;

constexpr Section sections[] = {
    {"fsession+", ProgType::tracing, AttachType::trace_fsession, false, true},
    {"fsession.s+", ProgType::tracing, AttachType::trace_fsession, true, true},
    {"fsession.multi+", ProgType::tracing, AttachType::trace_fsession_multi, false, false},
    {"fsession.multi.s+", ProgType::tracing, AttachType::trace_fsession_multi, true, false},
    {"fentry.multi+", ProgType::tracing, AttachType::trace_fentry_multi, false, false},
    {"fentry.multi.s+", ProgType::tracing, AttachType::trace_fentry_multi, true, false},
    {"fexit.multi+", ProgType::tracing, AttachType::trace_fexit_multi, false, false},
    {"fexit.multi.s+", ProgType::tracing, AttachType::trace_fexit_multi, true, false},
    {"kprobe.session+", ProgType::kprobe, AttachType::trace_kprobe_session, false, false},
    {"uprobe.session+", ProgType::kprobe, AttachType::trace_uprobe_session, false, false},
    {"uprobe.session.s+", ProgType::kprobe, AttachType::trace_uprobe_session, true, false},
};

int prepare(struct bpf_program* program, struct bpf_prog_load_opts* options, long cookie) {
  const Section& section = sections[cookie];
  options->expected_attach_type = static_cast<bpf_attach_type>(section.attach);
  if (section.sleepable) options->prog_flags |= sleepable_flag;
  if (!section.one_function || options->attach_btf_id != 0) return 0;
  const char* slash = strchr(bpf_program__section_name(program), '/');
  if (slash == nullptr) return -EINVAL;
  const int id = skep::current_kernel().find_function(slash + 1, options->attach_btf_obj_fd);
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
    LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = static_cast<long>(i), .prog_prepare_load_fn = prepare);
    libbpf_register_prog_handler(section.name, static_cast<bpf_prog_type>(section.type),
                                 static_cast<bpf_attach_type>(section.attach), &options);
  }
}

}  // namespace skep::loader
