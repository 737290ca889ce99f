-- Refreshes the materialized view with the loaded rows.
select relatorios.atualizar();
