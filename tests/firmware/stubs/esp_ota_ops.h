#pragma once
#ifdef __cplusplus
extern "C"
#endif
int esp_ota_mark_app_valid_cancel_rollback(void);
