// Iterators on the stack: new, next and destroy of each.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/iterators.cpp
CallFunction bpf_iter_bits_destroy, bpf_iter_bits_new, bpf_iter_bits_next, bpf_iter_num_destroy, bpf_iter_num_new,
    bpf_iter_num_next;
// impl/cgroups.cpp
CallFunction bpf_iter_css_destroy, bpf_iter_css_new, bpf_iter_css_next;
// impl/task_iterators.cpp
CallFunction bpf_iter_css_task_destroy, bpf_iter_css_task_new, bpf_iter_css_task_next, bpf_iter_dmabuf_destroy,
    bpf_iter_dmabuf_new, bpf_iter_dmabuf_next, bpf_iter_kmem_cache_destroy, bpf_iter_kmem_cache_new,
    bpf_iter_kmem_cache_next, bpf_iter_task_destroy, bpf_iter_task_new, bpf_iter_task_next, bpf_iter_task_vma_destroy,
    bpf_iter_task_vma_new, bpf_iter_task_vma_next;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_iter_bits_destroy",
        .flags = call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_bits_destroy(struct bpf_iter_bits *it)",
        .since = {6, 11},
        .fn = impl::bpf_iter_bits_destroy,
        .doc = {.summary = "Ends an iteration over the bits of words."},
    },
    Kfunc{
        .name = "bpf_iter_bits_new",
        .flags = call_flag::any_address | call_flag::iter_new,
        .prog_types = everyone,
        .prototype = "int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words)",
        .since = {6, 11},
        .fn = impl::bpf_iter_bits_new,
        .doc = {.summary = "Begins an iteration over the bits that are set in words."},
    },
    Kfunc{
        .name = "bpf_iter_bits_next",
        .flags = call_flag::ret_null | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "int *bpf_iter_bits_next(struct bpf_iter_bits *it)",
        .since = {6, 11},
        .fn = impl::bpf_iter_bits_next,
        .doc = {.summary = "Gives the number of the next bit that is set, or NULL."},
    },
    Kfunc{
        .name = "bpf_iter_css_destroy",
        .flags = call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_css_destroy(struct bpf_iter_css *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_css_destroy,
        .doc = {.summary = "Ends an iteration over cgroups."},
    },
    Kfunc{
        .name = "bpf_iter_css_new",
        .flags = call_flag::iter_new | call_flag::rcu_protected,
        .prog_types = everyone,
        .prototype =
            "int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags)",
        .since = {6, 7},
        .fn = impl::bpf_iter_css_new,
        .doc = {.summary = "Begins an iteration over a cgroup and those below it, above it, or directly below "
                           "it."},
    },
    Kfunc{
        .name = "bpf_iter_css_next",
        .flags = call_flag::ret_null | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_css_next,
        .doc = {.summary = "Gives the next cgroup's state, or NULL.", .details = "A cgroup has none below it here."},
    },
    Kfunc{
        .name = "bpf_iter_css_task_destroy",
        .flags = call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_css_task_destroy(struct bpf_iter_css_task *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_css_task_destroy,
        .doc = {.summary = "Ends an iteration over the tasks of a cgroup."},
    },
    Kfunc{
        .name = "bpf_iter_css_task_new",
        .flags = call_flag::iter_new,
        .prog_types = everyone,
        .special = Special::iter_css_task_new,
        .prototype = "int bpf_iter_css_task_new(struct bpf_iter_css_task *it, struct cgroup_subsys_state *css, "
                     "unsigned int flags)",
        .since = {6, 7},
        .fn = impl::bpf_iter_css_task_new,
        .doc = {.summary = "Begins an iteration over the tasks of a cgroup."},
    },
    Kfunc{
        .name = "bpf_iter_css_task_next",
        .flags = call_flag::ret_null | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "struct task_struct *bpf_iter_css_task_next(struct bpf_iter_css_task *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_css_task_next,
        .doc = {.summary = "Gives the next task of a cgroup, or NULL.",
                .details = "All tasks, which are the threads of this process, are in the root cgroup."},
    },
    Kfunc{
        .name = "bpf_iter_dmabuf_destroy",
        .flags = call_flag::sleepable | call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_dmabuf_destroy(struct bpf_iter_dmabuf *it)",
        .fn = impl::bpf_iter_dmabuf_destroy,
        .doc = {.summary = "Ends an iteration over DMA buffers."},
    },
    Kfunc{
        .name = "bpf_iter_dmabuf_new",
        .flags = call_flag::sleepable | call_flag::iter_new,
        .prog_types = everyone,
        .prototype = "int bpf_iter_dmabuf_new(struct bpf_iter_dmabuf *it)",
        .fn = impl::bpf_iter_dmabuf_new,
        .doc = {.summary = "Begins an iteration over DMA buffers."},
    },
    Kfunc{
        .name = "bpf_iter_dmabuf_next",
        .flags = call_flag::ret_null | call_flag::sleepable | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "struct dma_buf *bpf_iter_dmabuf_next(struct bpf_iter_dmabuf *it)",
        .fn = impl::bpf_iter_dmabuf_next,
        .doc = {.summary = "Gives the next DMA buffer, or NULL.", .details = "There are none here."},
    },
    Kfunc{
        .name = "bpf_iter_kmem_cache_destroy",
        .flags = call_flag::sleepable | call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_kmem_cache_destroy(struct bpf_iter_kmem_cache *it)",
        .fn = impl::bpf_iter_kmem_cache_destroy,
        .doc = {.summary = "Ends an iteration over the kernel's slab caches."},
    },
    Kfunc{
        .name = "bpf_iter_kmem_cache_new",
        .flags = call_flag::sleepable | call_flag::iter_new,
        .prog_types = everyone,
        .prototype = "int bpf_iter_kmem_cache_new(struct bpf_iter_kmem_cache *it)",
        .fn = impl::bpf_iter_kmem_cache_new,
        .doc = {.summary = "Begins an iteration over the kernel's slab caches."},
    },
    Kfunc{
        .name = "bpf_iter_kmem_cache_next",
        .flags = call_flag::ret_null | call_flag::sleepable | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "struct kmem_cache *bpf_iter_kmem_cache_next(struct bpf_iter_kmem_cache *it)",
        .fn = impl::bpf_iter_kmem_cache_next,
        .doc = {.summary = "Gives the next slab cache, or NULL.", .details = "There are none here."},
    },
    Kfunc{
        .name = "bpf_iter_num_destroy",
        .flags = call_flag::spin_lock_ok | call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_num_destroy(struct bpf_iter_num *it)",
        .since = {6, 4},
        .fn = impl::bpf_iter_num_destroy,
        .doc = {.summary = "Ends an iteration over numbers.", .example = "calls.bpf.c"},
    },
    Kfunc{
        .name = "bpf_iter_num_new",
        .flags = call_flag::spin_lock_ok | call_flag::iter_new,
        .prog_types = everyone,
        .special = Special::iter_num_new,
        .prototype = "int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end)",
        .since = {6, 4},
        .fn = impl::bpf_iter_num_new,
        .doc = {.summary = "Begins an iteration over numbers, from one up to another.", .example = "calls.bpf.c"},
    },
    Kfunc{
        .name = "bpf_iter_num_next",
        .flags = call_flag::spin_lock_ok | call_flag::ret_null | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "int *bpf_iter_num_next(struct bpf_iter_num *it)",
        .since = {6, 4},
        .fn = impl::bpf_iter_num_next,
        .doc = {.summary = "Gives the next number, or NULL.", .example = "calls.bpf.c"},
    },
    Kfunc{
        .name = "bpf_iter_task_destroy",
        .flags = call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_task_destroy(struct bpf_iter_task *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_task_destroy,
        .doc = {.summary = "Ends an iteration over tasks."},
    },
    Kfunc{
        .name = "bpf_iter_task_new",
        .flags = call_flag::iter_new | call_flag::rcu_protected,
        .prog_types = everyone,
        .prototype =
            "int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable, unsigned int flags)",
        .since = {6, 7},
        .fn = impl::bpf_iter_task_new,
        .doc = {.summary = "Begins an iteration over all processes, all threads, or the threads of one process."},
    },
    Kfunc{
        .name = "bpf_iter_task_next",
        .flags = call_flag::ret_null | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_task_next,
        .doc = {.summary = "Gives the next task, or NULL.", .details = "The tasks are the threads of this process."},
    },
    Kfunc{
        .name = "bpf_iter_task_vma_destroy",
        .flags = call_flag::iter_destroy,
        .prog_types = everyone,
        .prototype = "void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_task_vma_destroy,
        .doc = {.summary = "Ends an iteration over the memory areas of a task."},
    },
    Kfunc{
        .name = "bpf_iter_task_vma_new",
        .flags = call_flag::rcu | call_flag::iter_new,
        .prog_types = everyone,
        .prototype = "int bpf_iter_task_vma_new(struct bpf_iter_task_vma *it, struct task_struct *task, u64 addr)",
        .since = {6, 7},
        .fn = impl::bpf_iter_task_vma_new,
        .doc = {.summary = "Begins an iteration over the memory areas of a task.",
                .details = "Tasks have none of their own here: -ENOENT."},
    },
    Kfunc{
        .name = "bpf_iter_task_vma_next",
        .flags = call_flag::ret_null | call_flag::iter_next,
        .prog_types = everyone,
        .prototype = "struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *it)",
        .since = {6, 7},
        .fn = impl::bpf_iter_task_vma_next,
        .doc = {.summary = "Gives the next memory area, or NULL."},
    },
};

}  // namespace

std::span<const Kfunc> iter_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
