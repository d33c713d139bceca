/* Memory for numbers. */
#ifndef PX_BASE_ROOM_H
#define PX_BASE_ROOM_H

#include <stddef.h>
#include <stdint.h>

/* Room for count things of size bytes, not initialised, aligned to 64 bytes; the product is overflow-checked. Never NULL
 * (px_out_of_memory); free() gives it back. Large rooms ask for large pages: matrices are read down columns, where with
 * small pages every row costs a walk through the page tables. */
void *px_room(int64_t count, size_t size) __attribute__((malloc));

/* From now on, memory that is freed stays with the process: one cell needs what the one before it gave back, and pages
 * that the system hands out anew cost as much as copying them. A program says so once, when it starts. */
void px_memory_keep(void);

#endif
