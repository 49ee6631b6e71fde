// tests/loader/newer.bpf.c, loaded one program at a time into a Kernel that has two modules with names in common.
#pragma once

#include "work/machine.hpp"

namespace skep::test {

struct Newer {
  Newer() {
    KernelOptions options;
    options.cpus = 2;
    options.stepping_seed = 1;
    options.host_btf = false;
    options.modules = {{.name = "one",
                        .functions = {"int same_name(int a)", "int only_in_one(int a)"},
                        .tracepoints = {"void one_event(int a)"}},
                       {.name = "two", .functions = {"int same_name(int a)"}}};
    std::string error;
    kernel = Kernel::make(options, error);
    EXPECT_NE(kernel, nullptr) << error;
    binding.emplace(*kernel);
    libbpf_set_print(say_nothing);
  }

  // 0 or the negative errno of the load.
  int load(const char* name) {
    object.reset(bpf_object__open_file(NEWER_OBJECT, nullptr));
    if (!object) return -errno;
    bpf_program* each = nullptr;
    program = nullptr;
    bpf_object__for_each_program(each, object.get()) {
      const bool wanted = std::string_view(name) == bpf_program__name(each);
      if (wanted) program = each;
      bpf_program__set_autoload(each, wanted);
    }
    EXPECT_NE(program, nullptr) << name;
    return bpf_object__load(object.get());
  }

  bpf_prog_info info() const {
    bpf_prog_info got{};
    __u32 size = sizeof got;
    EXPECT_EQ(bpf_prog_get_info_by_fd(bpf_program__fd(program), &got, &size), 0);
    return got;
  }

  // The maps that the program holds, their types by id.
  std::map<std::uint32_t, bpf_map_info> maps() const {
    std::uint32_t ids[16] = {};
    bpf_prog_info got{};
    got.nr_map_ids = 16;
    got.map_ids = reinterpret_cast<std::uint64_t>(ids);
    __u32 size = sizeof got;
    EXPECT_EQ(bpf_prog_get_info_by_fd(bpf_program__fd(program), &got, &size), 0);
    std::map<std::uint32_t, bpf_map_info> found;
    for (unsigned i = 0; i < got.nr_map_ids; ++i) {
      const int fd = bpf_map_get_fd_by_id(ids[i]);
      bpf_map_info map{};
      size = sizeof map;
      EXPECT_EQ(bpf_map_get_info_by_fd(fd, &map, &size), 0);
      found[ids[i]] = map;
      close(fd);
    }
    return found;
  }

  std::unique_ptr<Kernel> kernel;
  std::optional<KernelBinding> binding;
  ObjectPtr object;  // after the Kernel: its descriptors are the Kernel's
  bpf_program* program = nullptr;
};

}  // namespace skep::test
